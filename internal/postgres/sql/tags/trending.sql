-- The tags that members talk about at @now, the strongest first. Each member who used a tag counts by their
-- newest live activity with it, half as much after every six hours; their other activities add a little, at
-- most half of that. A tag needs three members, and silenced ones do not count. Only the newest 20,000 uses count, so that a busy place costs
-- no more than that. Called by the trends, about once a minute. Carried by activity_tags_activity_idx and users_silenced_idx.
with newest as materialized (
    select
        t.tag,
        t.activity_uuid
    from activity_tags t
    order by t.activity_uuid desc
    limit 20000
),

authors as (
    select
        n.tag,
        a.user_uuid,
        max(w.weight) as newest,
        sum(w.weight) as whole
    from newest n
    join live_activities(@now::timestamptz) a on a.uuid = n.activity_uuid
    cross join lateral (
        select power(0.5, greatest(extract(epoch from @now - a.created_at), 0)::float8 / 21600) as weight
    ) w
    where a.user_uuid not in (select u.uuid from users u where u.silenced_at is not null)
    group by
        n.tag,
        a.user_uuid
)

select a.tag
from authors a
group by a.tag
having count(*) >= 3
order by
    sum(a.newest + least(0.1 * (a.whole - a.newest), 0.5 * a.newest)) desc,
    a.tag
limit 20
