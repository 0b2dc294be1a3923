-- Holds two members until the transaction ends: they are bound to each other or parted by one at a time, so a block sees
-- a follow and a follow a block that was committed before, and so does the place of a notification of followers. Called
-- before follows/add, follows/remove and blocks/add, which then see what was committed meanwhile. Nobody who refers to the
-- members' rows waits for this: a like refers to two members in any order, which would end in a circle.
select u.uuid
from users u
where u.uuid in (@first_uuid::uuid, @second_uuid::uuid)
order by u.uuid
for no key update of u
