-- Whether the address of the member with a subject is verified. Called by user sync; carried by
-- users_cognito_user_id_key.
select email_verified
from users
where cognito_user_id = @cognito_user_id::text
