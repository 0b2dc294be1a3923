-- How many of today's members joined on each day since @since, in UTC, for the days on which somebody did. Called by
-- the operator's page.
select
    date_trunc('day', u.created_at, 'UTC') as day,
    count(*) as joined
from users u
where u.created_at >= @since::timestamptz
group by 1
order by 1
