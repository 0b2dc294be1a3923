-- Inserts a crud and answers it as the feed would show it; no row where the author does not exist.
-- Called by the compose form and the API. Without a lifetime the member's own default holds.
insert into activities (uuid, user_uuid, message, created_at, expires_at)
select
    uuid_v7(@now::timestamptz),
    u.uuid,
    @message::text,
    @now::timestamptz,
    @now::timestamptz + coalesce(@ttl::interval, u.default_ttl)
from users u
where u.uuid = @user_uuid::uuid
returning
    uuid,
    user_uuid,
    (select u.handle from users u where u.uuid = user_uuid) as handle,
    (select u.display_name from users u where u.uuid = user_uuid) as display_name,
    message,
    reply_to_activity_uuid,
    replies_count,
    reposts_count,
    likes_count,
    created_at,
    expires_at
