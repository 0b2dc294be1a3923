-- The member of an account, for the transaction that deletes both. Carried by users_cognito_user_id_key.
select uuid
from users
where cognito_user_id = @cognito_user_id::text
for update
