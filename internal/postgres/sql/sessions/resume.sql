-- The member and the session of a cookie; the session's use is recorded at most once in five minutes. Called
-- for every page that a member requests; carried by sessions_token_hash_key and users_pkey.
with
    found as (
        select
            s.uuid as session_uuid,
            s.created_at as session_created_at,
            s.last_used_at,
            s.user_agent,
            s.address,
            u.*
        from live_sessions(@now::timestamptz) s
            join users u on u.uuid = s.user_uuid
        where s.token_hash = @token_hash::bytea
            and u.suspended_at is null
    ),
    touched as (
        update sessions
        set last_used_at = @now
        where uuid = (select session_uuid from found where last_used_at <= @now - interval '5 minutes')
    )
select
    session_uuid,
    session_created_at,
    last_used_at,
    user_agent,
    address,
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
    ignores_anybody(uuid) as ignores,
    language,
    role
from found
