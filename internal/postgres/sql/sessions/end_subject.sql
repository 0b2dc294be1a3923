-- Ends every session of the member with a subject, after a password reset or a sign-out everywhere.
delete from sessions
where user_uuid = (select uuid from users where cognito_user_id = @cognito_user_id::text)
