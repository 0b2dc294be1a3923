-- Sets how long messages of a conversation live from now on. The same timer again changes nothing. No row if the
-- member has no such conversation.
update conversations c
set timer = @timer::interval,
    timer_changed_by = case when c.timer = @timer then c.timer_changed_by else @user_uuid::uuid end,
    timer_changed_at = case when c.timer = @timer then c.timer_changed_at else @now::timestamptz end
from live_conversations(@user_uuid, @now) l
where l.uuid = @uuid::uuid
    and c.uuid = l.uuid
returning c.uuid
