-- What everybody may see of a member, with the number of their live cruds, counted up to cruddur.MostCounted.
-- Called by the profile of page and API. Carried by users_handle_key and activities_user_idx.
select
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.created_at,
    (
        select count(*)
        from (
            select
            from live_activities(@now::timestamptz) a
            where a.user_uuid = u.uuid
                and a.reply_to_activity_uuid is null
            limit 1000
        ) as counted
    ) as cruds_count
from users u
where lower(u.handle) = lower(@handle::text)
