-- Holds two members alone: no follow between them is stored meanwhile. Called before blocks/add.
select u.uuid
from users u
where u.uuid in (@first_uuid::uuid, @second_uuid::uuid)
order by u.uuid
for update of u
