-- The members who like a visible activity, newest first, before a cursor (the uuid of the like).
-- Called by the page and the API. Carried by likes_activity_idx.
select
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.avatar_uuid,
    l.uuid as place
from live_activities(@now::timestamptz) a
join likes l on l.activity_uuid = a.uuid
join users u on u.uuid = l.user_uuid
where a.uuid = @activity_uuid::uuid
    and l.uuid < @before::uuid
    and u.suspended_at is null
order by l.uuid desc
limit 20
