-- The avatar of a member who is not suspended, by their uuid or by the subject at the identity provider; null if they
-- have none. Called for the address that the original's client asks for. Carried by users_cognito_user_id_key and
-- users_pkey.
select u.avatar_uuid
from users u
where (u.cognito_user_id = @id::text or u.uuid = @uuid::uuid)
    and u.suspended_at is null
    and u.avatar_uuid is not null
limit 1
