-- Members worth following: first those whom the members that I follow follow, then those who have written
-- most lately; never myself, nor whom I follow, nor who is silenced. Called by the side panel and the API.
with mine as (
    select f.followed_uuid as uuid
    from follows f
    where f.follower_uuid = @viewer_uuid::uuid
    order by f.uuid desc
    limit 40
),

near as (
    select
        f.followed_uuid as uuid,
        count(*) as ties
    from mine m
    cross join lateral (
        select f.followed_uuid
        from follows f
        where f.follower_uuid = m.uuid
        order by f.uuid desc
        limit 25
    ) f
    group by f.followed_uuid
),

active as (
    select
        a.user_uuid as uuid,
        count(*) as cruds
    from (
        select a.user_uuid
        from live_activities(@now::timestamptz) a
        where a.reply_to_activity_uuid is null
            and a.uuid < 'ffffffff-ffff-ffff-ffff-ffffffffffff'
        order by
            a.uuid desc,
            a.expires_at
        limit 200
    ) a
    group by a.user_uuid
)

select
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.avatar_uuid,
    u.uuid as place
from near n
full join active a on a.uuid = n.uuid
join users u on u.uuid = coalesce(n.uuid, a.uuid)
where u.suspended_at is null
    and u.silenced_at is null
    and u.uuid <> @viewer_uuid
    and not exists (
        select
        from follows f
        where f.follower_uuid = @viewer_uuid
            and f.followed_uuid = u.uuid
    )
order by
    n.ties desc nulls last,
    a.cruds desc nulls last,
    u.uuid
limit 20
