-- How many open cases a moderator may handle, at most a hundred. Called for the navigation of moderators.
select count(*)::integer as open
from (
    select
    from live_cases(@moderator_uuid::uuid, @now::timestamptz) c
    limit 100
) seen
