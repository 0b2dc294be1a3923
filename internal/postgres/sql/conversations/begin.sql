-- Begins the conversation of two members, unless they have one, may not talk, or the message was sent already.
-- Called before a message is sent to a handle, after messages/hold_members.
insert into conversations (uuid, first_uuid, second_uuid, last_uuid, last_at, created_at, expires_at)
select
    uuid_v7(@now::timestamptz),
    least(u.uuid, o.uuid),
    greatest(u.uuid, o.uuid),
    uuid_v7(@now),
    @now - interval '1 microsecond',
    @now,
    @now + interval '720 hours'
from users u
cross join reachable_members(@user_uuid::uuid) o
where u.uuid = @user_uuid
    and u.suspended_at is null
    and o.uuid = @other_uuid::uuid
    and not exists (
        select
        from live_messages(@user_uuid, @now) m
        where m.user_uuid = @user_uuid
            and m.idempotency_key = @idempotency_key::text
    )
on conflict (first_uuid, second_uuid) do nothing
