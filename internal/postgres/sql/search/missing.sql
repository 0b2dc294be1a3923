-- Activities that are not indexed yet, at most a batch of them, among the next 20,000 before a cursor; with
-- them, in each row, how many of these there are and the last of them. If none is missing, there is one row
-- without an activity. Called by the sweeper's indexer. Carried by activities_pkey and activity_search_pkey.
with stretch as materialized (
    select a.uuid
    from activities a
    where a.uuid < @before::uuid
    order by a.uuid desc
    limit 20000
),

missing as materialized (
    select s.uuid
    from stretch s
    where not exists (
        select
        from activity_search x
        where x.activity_uuid = s.uuid
    )
    order by s.uuid desc
    limit @batch::bigint
)

select
    b.length,
    b.bottom,
    a.uuid,
    a.message,
    a.content_warning
from (
    select
        (select count(*) from stretch) as length,
        (select uuid from stretch order by uuid limit 1) as bottom
) b
left join (
    missing m
    join activities a on a.uuid = m.uuid
) on true
order by a.uuid desc
