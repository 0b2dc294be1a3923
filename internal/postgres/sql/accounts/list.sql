-- Every member with what an operator wants to know. Called by "cruddur user list".
select
    u.uuid,
    u.handle,
    u.display_name,
    u.email,
    u.cognito_user_id,
    u.created_at,
    u.suspended_at,
    a.uuid is not null as has_account,
    (
        select count(*)
        from sessions s
        where s.user_uuid = u.uuid
            and s.last_used_at > @now::timestamptz - interval '14 days'
            and s.created_at > @now::timestamptz - interval '90 days'
    ) as sessions_count
from users u
    left join accounts a on a.uuid::text = u.cognito_user_id
order by u.uuid
