-- What everybody may see of a member who is not suspended, with the numbers of their live cruds and of
-- followers and followed, each counted up to cruddur.MostCounted. Called by the profile of page and API.
-- Carried by users_handle_key, activities_user_idx, follows_followed_idx and follows_follower_idx.
select
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.created_at,
    u.likes_public,
    u.avatar_uuid,
    u.banner_uuid,
    (
        select count(*)
        from (
            select
            from live_activities(@now::timestamptz) a
            where a.user_uuid = u.uuid
                and a.reply_to_activity_uuid is null
            limit 1000
        ) as counted
    ) as cruds_count,
    (
        select count(*)
        from (
            select
            from follows f
            join users o on o.uuid = f.follower_uuid and o.suspended_at is null
            where f.followed_uuid = u.uuid
            limit 1000
        ) as counted
    ) as followers_count,
    (
        select count(*)
        from (
            select
            from follows f
            join users o on o.uuid = f.followed_uuid and o.suspended_at is null
            where f.follower_uuid = u.uuid
            limit 1000
        ) as counted
    ) as following_count
from users u
where lower(u.handle) = lower(@handle::text)
    and u.suspended_at is null
