-- Deletes one batch of the likes and reposts of expired activities, and counts it. Called by the sweeper before
-- activities/sweep, so that an activity with 100,000 likes is not deleted by one long statement. Carried by
-- activities_expires_at_idx, likes_activity_idx and reposts_activity_uuid_user_uuid_key. Rows that somebody
-- holds are left for the next pass.
with doomed_likes as materialized (
    select l.ctid
    from (
        select a.uuid
        from activities a
        where a.expires_at <= least(@now::timestamptz, now())
        order by a.expires_at
        limit @batch::bigint
    ) a
    join likes l on l.activity_uuid = a.uuid
    limit @batch
    for update of l skip locked
),

doomed_reposts as materialized (
    select r.ctid
    from (
        select a.uuid
        from activities a
        where a.expires_at <= least(@now::timestamptz, now())
        order by a.expires_at
        limit @batch::bigint
    ) a
    join reposts r on r.activity_uuid = a.uuid
    limit @batch
    for update of r skip locked
),

deleted_likes as (
    delete from likes l
    using doomed_likes d
    where l.ctid = d.ctid
    returning 1
),

deleted_reposts as (
    delete from reposts r
    using doomed_reposts d
    where r.ctid = d.ctid
    returning 1
)

select (select count(*) from deleted_likes) + (select count(*) from deleted_reposts) as rows
