-- Whom a member blocks, the newest block first, before a cursor (the uuid of a block). Called by the member's
-- settings and the API. Carried by blocks_blocker_idx.
select
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.avatar_uuid,
    b.uuid as place,
    null::timestamptz as ends_at
from blocks b
join users u on u.uuid = b.blocked_uuid
where b.blocker_uuid = @user_uuid::uuid
    and b.uuid < @before::uuid
    and u.suspended_at is null
order by b.uuid desc
limit 20
