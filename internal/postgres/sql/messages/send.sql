-- Sends a message and returns it; no row if the two have no conversation that the sender may see, or it is not
-- the one that is given. The message ends by the timer of the conversation, and is newer than the one before it
-- by any clock. Into a request that is not answered go at most five messages: then only "refused" is true. A key
-- works as in activities/create. Called after messages/hold_members and conversations/hold_pair.
with target as materialized (
    select
        c.uuid,
        c.timer,
        c.waits,
        c.waits and c.unanswered >= 5 and not exists (
            select
            from live_messages(@user_uuid::uuid, @now::timestamptz) m
            where m.user_uuid = @user_uuid
                and m.idempotency_key = @idempotency_key::text
        ) as refused,
        t.at,
        uuid_v7(t.at) as new_uuid
    from live_conversations(@user_uuid, @now) c
    join users u on u.uuid = @user_uuid and u.suspended_at is null
    cross join lateral (select greatest(@now, c.last_at + interval '1 microsecond') as at) t
    where c.other_uuid = @other_uuid::uuid
        and (@conversation_uuid::uuid is null or c.uuid = @conversation_uuid)
),

stored as (
    insert into messages (uuid, conversation_uuid, user_uuid, message, idempotency_key, created_at, expires_at)
    select
        t.new_uuid,
        t.uuid,
        @user_uuid,
        @message::text,
        @idempotency_key,
        t.at,
        t.at + t.timer
    from target t
    where not t.refused
    on conflict (user_uuid, idempotency_key) where idempotency_key is not null
    do update set idempotency_key = excluded.idempotency_key
    returning
        uuid,
        conversation_uuid,
        user_uuid,
        message,
        created_at,
        expires_at
),

counted as (
    update conversations c
    set last_uuid = s.uuid,
        last_at = s.created_at,
        expires_at = greatest(c.expires_at, s.expires_at + interval '720 hours'),
        first_accepted = c.first_accepted or c.first_uuid = @user_uuid,
        second_accepted = c.second_accepted or c.second_uuid = @user_uuid,
        unanswered = c.unanswered + t.waits::integer
    from stored s
    join target t on t.new_uuid = s.uuid
    where c.uuid = t.uuid
),

announced as (
    insert into changes (kind, subject_uuid, object_uuid)
    select 'message', @user_uuid, @other_uuid
    from stored
)

select
    t.refused,
    t.uuid as target_uuid,
    s.uuid,
    s.conversation_uuid,
    s.user_uuid,
    u.handle,
    u.display_name,
    s.message,
    s.created_at,
    s.expires_at
from target t
left join stored s on true
left join users u on u.uuid = s.user_uuid
