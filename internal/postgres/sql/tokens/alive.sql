-- Whether an access token's family is alive and its member may act. Called for every authenticated
-- request of the API; carried by token_families_pkey and users_cognito_user_id_key.
select exists (
    select
    from token_families f
        join users u on u.cognito_user_id = @subject::text
    where f.uuid = @family_uuid::uuid
        and f.account_uuid::text = @subject
        and f.expires_at > @now::timestamptz
        and u.suspended_at is null
) as alive
