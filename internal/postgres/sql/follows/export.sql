-- The members whom a member follows, the newest follow first, before a cursor (place). Called by the
-- export; carried by follows_follower_idx.
select
    f.uuid as place,
    u.uuid,
    u.handle
from follows f
join users u on u.uuid = f.followed_uuid
where f.follower_uuid = @user_uuid::uuid
    and u.suspended_at is null
    and f.uuid < @before::uuid
order by f.uuid desc
limit 1000
