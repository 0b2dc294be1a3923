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
    exists (
        select from accounts a
        where a.uuid = case
            when u.cognito_user_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then u.cognito_user_id::uuid
        end
    ) as has_account,
    (
        select count(*)
        from sessions s
        where s.user_uuid = u.uuid
            and s.last_used_at > @now::timestamptz - interval '14 days'
            and s.created_at > @now::timestamptz - interval '90 days'
    ) as sessions_count
from users u
where u.uuid > @after::uuid
order by u.uuid
limit 1000
