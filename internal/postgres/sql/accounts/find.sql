-- One member by e-mail address or handle. Called by the operator's commands; carried by
-- users_email_key and users_handle_key.
select
    u.uuid,
    u.handle,
    u.display_name,
    u.email,
    u.cognito_user_id,
    u.created_at,
    u.suspended_at,
    u.silenced_at,
    u.role,
    a.uuid is not null as has_account,
    (
        select count(*)
        from live_sessions(@now::timestamptz) s
        where s.user_uuid = u.uuid
    ) as sessions_count
from users u
    left join accounts a on a.uuid::text = u.cognito_user_id
where lower(u.email) = lower(@name::text)
    or lower(u.handle) = lower(@name)
limit 1
