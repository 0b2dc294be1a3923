-- Whom a member follows, newest first, before a cursor (the uuid of a follow). Called by page and API. Carried
-- by follows_follower_idx.
select
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.avatar_uuid,
    f.uuid as place
from follows f
join users u on u.uuid = f.followed_uuid
where f.follower_uuid = @user_uuid::uuid
    and f.uuid < @before::uuid
    and u.suspended_at is null
order by f.uuid desc
limit 20
