-- One message that a member may read, with its sender. Called before it is reported. Carried by messages_pkey.
select
    m.uuid,
    m.conversation_uuid,
    m.user_uuid,
    u.handle,
    u.display_name,
    m.message,
    m.created_at,
    m.expires_at
from live_messages(@viewer_uuid::uuid, @now::timestamptz) m
join users u on u.uuid = m.user_uuid
where m.uuid = @uuid::uuid
