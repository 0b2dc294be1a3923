-- Ends every family of a member's account. Called when a member is suspended.
delete from token_families
where account_uuid in (
    select a.uuid
    from users u
        join accounts a on a.uuid::text = u.cognito_user_id
    where u.uuid = @user_uuid::uuid
)
