-- The members whom a member follows, the newest follow first. Called by the export; carried by
-- follows_follower_idx.
select
    u.uuid,
    u.handle
from follows f
join users u on u.uuid = f.followed_uuid
where f.follower_uuid = @user_uuid::uuid
    and u.suspended_at is null
order by f.uuid desc
