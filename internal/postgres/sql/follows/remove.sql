-- Ends a follow, if there is one. If it was the newest of its day, the notification of the followed goes back to the
-- newest that is left, or goes. Called after members/hold_pair.
with removed as (
    delete from follows f
    where f.follower_uuid = @follower_uuid::uuid
        and f.followed_uuid = @followed_uuid::uuid
    returning f.uuid, f.followed_uuid
),

newest as (
    select
        n.user_uuid,
        n.uuid as was,
        (
            select f.uuid
            from follows f
            where f.followed_uuid = n.user_uuid
                and f.uuid < n.uuid
                and f.uuid >= uuid_v7_first(n.expires_at - interval '720 hours')
            order by f.uuid desc
            limit 1
        ) as uuid
    from removed r
    join notifications n on n.user_uuid = r.followed_uuid and n.uuid = r.uuid
),

moved as (
    update notifications n
    set uuid = w.uuid
    from newest w
    where n.user_uuid = w.user_uuid
        and n.uuid = w.was
        and w.uuid is not null
)

delete from notifications n
using newest w
where n.user_uuid = w.user_uuid
    and n.uuid = w.was
    and w.uuid is null
