-- How many rows have expired and are still stored, and since when the oldest of them has waited. Called by
-- the sweeper's metrics and by the doctor. Carried by activities_expires_at_idx; it counts at most 100,000,
-- because counting must not make a backlog worse.
select
    count(*) as rows,
    min(expires_at) as oldest_expires_at
from (
    select expires_at
    from activities
    where expires_at <= @now::timestamptz
    order by expires_at
    limit 100000
) late
