-- How many messages a member has not seen, counted up to 100: without requests, and without those of members
-- whom they have muted. Called for the rail of each page and by the API. Carried by conversations_first_idx,
-- conversations_second_idx and messages_conversation_idx.
select count(*) as unread
from (
    select
    from live_conversations(@viewer_uuid::uuid, @now::timestamptz) c
    cross join lateral messages_in(@viewer_uuid, c.uuid, @now) m
    where c.last_uuid > c.read_uuid
        and not c.request
        and not c.muted
        and m.user_uuid <> @viewer_uuid
        and m.uuid > c.read_uuid
    limit 100
) as counted
