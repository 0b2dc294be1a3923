-- All of a member's activities that are alive, replies too, newest first. Called by the export; carried
-- by activities_user_idx.
select
    a.uuid,
    a.message,
    a.reply_to_activity_uuid,
    a.replies_count,
    a.reposts_count,
    a.likes_count,
    a.expires_at,
    a.created_at
from live_activities(@now::timestamptz) a
where a.user_uuid = @user_uuid::uuid
order by a.uuid desc
