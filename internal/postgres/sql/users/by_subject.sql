-- The member with an identity provider's subject, and whether they are suspended. Called by sign-in, and if a
-- token's check has not returned the member; carried by users_cognito_user_id_key.
select
    uuid,
    handle,
    display_name,
    bio,
    default_ttl,
    created_at,
    email,
    cognito_user_id,
    avatar_uuid,
    banner_uuid,
    suspended_at is not null as suspended,
    ignores_anybody(uuid) as ignores,
    role
from users
where cognito_user_id = @cognito_user_id::text
