-- How many messages a conversation has, counted up to cruddur.MostCounted. Called before it is deleted for both.
-- Carried by messages_conversation_idx.
select count(*) as number
from (
    select
    from messages_in(@viewer_uuid::uuid, @conversation_uuid::uuid, @now::timestamptz) m
    limit 1000
) as counted
