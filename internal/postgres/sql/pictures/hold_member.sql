-- Locks a member, whose avatar or banner will change; no row if they are suspended. Called before pictures/set_face.
select u.uuid
from users u
where u.uuid = @uuid::uuid
    and u.suspended_at is null
for no key update
