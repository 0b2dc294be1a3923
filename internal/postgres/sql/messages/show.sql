-- Who has sent a message that a member may read. Called to tell another's message from none. Carried by
-- messages_pkey.
select m.user_uuid
from live_messages(@viewer_uuid::uuid, @now::timestamptz) m
where m.uuid = @uuid::uuid
