-- Ends every session of the member behind a subject, when their password was reset or they leave
-- everywhere.
delete from sessions
where user_uuid = (select uuid from users where cognito_user_id = @cognito_user_id::text)
