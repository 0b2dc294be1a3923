-- The next thousand members with what an operator wants to know, oldest first. Called by "cruddur user list",
-- page after page. Carried by users_pkey, accounts_pkey and sessions_user_uuid_idx.
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
    exists (
        select from accounts a
        where a.uuid = case
            when u.cognito_user_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then u.cognito_user_id::uuid
        end
    ) as has_account,
    (
        select count(*)
        from live_sessions(@now::timestamptz) s
        where s.user_uuid = u.uuid
    ) as sessions_count
from users u
where u.uuid > @after::uuid
order by u.uuid
limit 1000
