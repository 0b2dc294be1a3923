-- How many cases have ended and are still stored, at most 100,000, and since when the oldest of them has waited. Called
-- as activities/purge_lag. Carried by cases_expires_at_idx.
select
    count(*) as rows,
    min(expires_at) as oldest_expires_at
from (
    select c.expires_at
    from cases c
    where c.expires_at <= @now::timestamptz
    order by c.expires_at
    limit 100000
) late
