-- The newest messages of a conversation that a member may read, before a cursor. Called by page and API. Carried
-- by messages_conversation_idx.
select
    m.uuid,
    m.conversation_uuid,
    m.user_uuid,
    u.handle,
    u.display_name,
    m.message,
    m.created_at,
    m.expires_at
from messages_in(@viewer_uuid::uuid, @conversation_uuid::uuid, @now::timestamptz) m
join users u on u.uuid = m.user_uuid
where m.uuid < @before::uuid
order by m.uuid desc
limit 20
