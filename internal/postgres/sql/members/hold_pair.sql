-- Holds two members who are not suspended, so that a block at the same time is seen. Called before follows/add,
-- which then sees what was committed meanwhile.
select u.uuid
from users u
where u.uuid in (@first_uuid::uuid, @second_uuid::uuid)
    and u.suspended_at is null
order by u.uuid
for key share of u
