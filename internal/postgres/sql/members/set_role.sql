-- Gives a member a role, and returns the role that they had. Called by the operator; carried by users_pkey.
update users u
set role = @role::text
from (select uuid, role from users where uuid = @uuid::uuid for no key update) was
where u.uuid = was.uuid
returning was.role
