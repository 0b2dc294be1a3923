-- The member and the session of a cookie, and whether its use should be recorded: at most once in five minutes. Called
-- for every page that a member requests; carried by sessions_token_hash_key and users_pkey.
select
    s.uuid,
    s.created_at,
    s.last_used_at,
    s.user_agent,
    s.address,
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
    u.language,
    u.role,
    s.last_used_at <= @now::timestamptz - interval '5 minutes' as unrecorded
from live_sessions(@now) s
    join users u on u.uuid = s.user_uuid
where s.token_hash = @token_hash::bytea
    and u.suspended_at is null
