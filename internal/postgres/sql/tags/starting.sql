-- Tags of live activities that begin with a text, and how many members used each in its newest fifty: the tag
-- that is the text first, then those that most members use; silenced members do not count. Called by the search.
-- Carried by activity_tags_pkey and users_silenced_idx: it goes from one tag to the next without reading what lies
-- between, at most fifty times.
with recursive found as (
    (
        select
            t.tag,
            1 as n
        from activity_tags t
        where t.tag >= @start::text
        order by t.tag
        limit 1
    )
    union all
    select
        x.tag,
        f.n + 1
    from found f
    cross join lateral (
        select t.tag
        from activity_tags t
        where t.tag > f.tag
        order by t.tag
        limit 1
    ) x
    where f.n < 50
        and starts_with(f.tag, @start)
)

select
    f.tag,
    c.authors
from found f
cross join lateral (
    select count(distinct l.user_uuid)::integer as authors
    from (
        select a.user_uuid
        from activity_tags t
        join live_activities(@now::timestamptz) a on a.uuid = t.activity_uuid
        where t.tag = f.tag
            and a.user_uuid not in (select u.uuid from users u where u.silenced_at is not null)
        order by t.activity_uuid desc
        limit 50
    ) l
) c
where starts_with(f.tag, @start)
    and c.authors > 0
order by
    f.tag = @start desc,
    c.authors desc,
    f.tag
limit 10
