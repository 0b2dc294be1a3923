-- One member. Called for the member of a session.
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
    banner_uuid
from users
where uuid = @uuid::uuid
