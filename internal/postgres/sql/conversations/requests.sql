-- How many requests wait for a member's answer, counted up to 100. Called by the list of conversations. Carried
-- by conversations_first_idx and conversations_second_idx.
select count(*) as requests
from (
    select
    from live_conversations(@viewer_uuid::uuid, @now::timestamptz) c
    where c.request
    limit 100
) as counted
