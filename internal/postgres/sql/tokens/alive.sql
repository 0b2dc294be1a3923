-- The member of an access token, if its family is alive and the member is not suspended; no row: the token is
-- revoked. Called for every authenticated request of the API; carried by token_families_pkey and
-- users_cognito_user_id_key.
select
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.default_ttl,
    u.created_at,
    u.email,
    u.cognito_user_id,
    u.avatar_uuid,
    u.banner_uuid,
    ignores_anybody(u.uuid) as ignores,
    u.role
from token_families f
    join users u on u.cognito_user_id = @subject::text
where f.uuid = @family_uuid::uuid
    and f.account_uuid::text = @subject
    and f.expires_at > @now::timestamptz
    and u.suspended_at is null
