-- A member, if there is one. Called by what changes a member in some cases only; carried by users_pkey.
select uuid
from users
where uuid = @uuid::uuid
