-- Whom a member blocks, the newest block first, before a cursor (place). Called by the export; carried by
-- blocks_blocker_idx.
select
    x.uuid as place,
    u.uuid,
    u.handle
from blocks x
join users u on u.uuid = x.blocked_uuid
where x.blocker_uuid = @user_uuid::uuid
    and u.suspended_at is null
    and x.uuid < @before::uuid
order by x.uuid desc
limit 1000
