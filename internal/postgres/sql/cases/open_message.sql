-- Opens the case of a private message with a copy of it, unless it is open. Only its recipient can. Called as
-- cases/open_activity. Carried by messages_pkey.
with opened as (
    insert into cases (uuid, kind, target_uuid, member_uuid, handle, opened_at, expires_at)
    select
        uuid_v7(@now::timestamptz),
        'message',
        m.uuid,
        m.user_uuid,
        u.handle,
        @now,
        @now + @life::interval
    from live_messages(@reporter_uuid::uuid, @now) m
    join users u on u.uuid = m.user_uuid
    where m.uuid = @target_uuid::uuid
        and m.user_uuid <> @reporter_uuid
    on conflict (kind, target_uuid) do nothing
    returning uuid, target_uuid
)

insert into case_evidence (case_uuid, display_name, message, written_at, ends_at)
select
    o.uuid,
    u.display_name,
    m.message,
    m.created_at,
    m.expires_at
from opened o
join live_messages(@reporter_uuid, @now) m on m.uuid = o.target_uuid
join users u on u.uuid = m.user_uuid
