-- Deletes one batch of the likes and reposts of expired activities that have more than 50 of either, and counts
-- it. Called by the sweeper before activities/sweep, so that an activity with 100,000 likes is not deleted by
-- one long statement. Carried by activities_expires_at_idx, likes_pkey and reposts_activity_uuid_user_uuid_key.
-- Rows that somebody holds are left for the next pass. The counters follow, because a member who moves the end
-- in this very moment may still bring the activity back.
with doomed as materialized (
    select a.uuid
    from (
        select a.uuid
        from activities a
        where a.expires_at <= least(@now::timestamptz, now())
        order by a.expires_at
        limit @batch::bigint
    ) e
    join activities a on a.uuid = e.uuid
    where exists (select from likes l where l.activity_uuid = a.uuid offset 50)
        or exists (select from reposts r where r.activity_uuid = a.uuid offset 50)
    limit 10
    for no key update of a skip locked
),

doomed_likes as materialized (
    select l.ctid
    from doomed d
    join likes l on l.activity_uuid = d.uuid
    limit @batch
    for update of l skip locked
),

doomed_reposts as materialized (
    select r.ctid
    from doomed d
    join reposts r on r.activity_uuid = d.uuid
    limit @batch
    for update of r skip locked
),

deleted_likes as (
    delete from likes l
    using doomed_likes d
    where l.ctid = d.ctid
    returning l.activity_uuid, l.user_uuid
),

deleted_reposts as (
    delete from reposts r
    using doomed_reposts d
    where r.ctid = d.ctid
    returning r.activity_uuid, r.user_uuid
),

counted as (
    update activities a
    set likes_count = a.likes_count - n.likes,
        reposts_count = a.reposts_count - n.reposts
    from (
        select
            m.activity_uuid,
            count(*) filter (where m.liked) as likes,
            count(*) filter (where not m.liked) as reposts
        from (
            select activity_uuid, user_uuid, true as liked from deleted_likes
            union all
            select activity_uuid, user_uuid, false from deleted_reposts
        ) m
        join users u on u.uuid = m.user_uuid
        where u.suspended_at is null
        group by m.activity_uuid
    ) n
    where a.uuid = n.activity_uuid
)

select (select count(*) from deleted_likes) + (select count(*) from deleted_reposts) as rows
