-- One activity, if it is alive.
-- Called by the crud's page and by the API. Carried by activities_pkey.
select
    a.uuid,
    a.user_uuid,
    u.handle,
    u.display_name,
    a.message,
    a.reply_to_activity_uuid,
    a.replies_count,
    a.reposts_count,
    a.likes_count,
    a.created_at,
    a.expires_at
from live_activities(@now::timestamptz) a
join users u on u.uuid = a.user_uuid
where a.uuid = @uuid::uuid
