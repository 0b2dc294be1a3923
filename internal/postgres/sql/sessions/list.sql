-- A member's live sessions, the last used first. Called by the settings page and by "cruddur user sessions";
-- carried by sessions_user_uuid_idx.
select
    uuid,
    created_at,
    last_used_at,
    user_agent,
    address
from live_sessions(@now::timestamptz)
where user_uuid = @user_uuid::uuid
order by last_used_at desc, uuid desc
limit 200
