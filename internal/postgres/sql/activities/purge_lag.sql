-- How many rows have expired and are still on the disk, and since when the oldest of them waits.
-- Called by the sweeper's metrics and by the doctor. Carried by activities_expires_at_idx; it counts
-- no further than 100,000, for a backlog must not be made worse by looking at it.
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
