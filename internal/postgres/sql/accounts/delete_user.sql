-- Deletes the member behind an account; their activities and sessions go by foreign key. Called in the
-- transaction that deletes the account.
delete from users
where cognito_user_id = @cognito_user_id::text
