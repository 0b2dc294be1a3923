-- One member. Called where a session names its member.
select
    uuid,
    handle,
    display_name,
    bio,
    default_ttl,
    created_at,
    email,
    cognito_user_id
from users
where uuid = @uuid::uuid
