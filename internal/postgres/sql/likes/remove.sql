-- Takes a member's like back, if there is one, and counts it. No row if the activity is not visible or the
-- member is suspended. Called after activities/hold_counted. The notification of its author goes back to the newest
-- like that is left, or goes.
with target as materialized (
    select
        a.uuid,
        a.user_uuid
    from live_activities(@now::timestamptz) a
    cross join users u
    where a.uuid = @activity_uuid::uuid
        and u.uuid = @user_uuid::uuid
        and u.suspended_at is null
),

removed as (
    delete from likes l
    using target t
    where l.activity_uuid = t.uuid
        and l.user_uuid = @user_uuid
    returning l.uuid, l.activity_uuid, t.user_uuid as author_uuid
),

counted as (
    update activities a
    set likes_count = a.likes_count - 1
    from removed r
    where a.uuid = r.activity_uuid
),

newest as (
    select
        r.activity_uuid,
        r.author_uuid,
        (
            select l.uuid
            from likes l
            where l.activity_uuid = r.activity_uuid
                and l.uuid <> r.uuid
                and l.user_uuid <> r.author_uuid
            order by l.uuid desc
            limit 1
        ) as uuid
    from removed r
),

moved as (
    update notifications n
    set uuid = w.uuid
    from newest w
    where n.activity_uuid = w.activity_uuid
        and n.kind = 'like'
        and n.user_uuid = w.author_uuid
        and n.uuid <> w.uuid
),

ended as (
    delete from notifications n
    using newest w
    where n.activity_uuid = w.activity_uuid
        and n.kind = 'like'
        and n.user_uuid = w.author_uuid
        and w.uuid is null
)

select t.uuid
from target t
