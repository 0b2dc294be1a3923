-- Sets how long messages of a conversation live from now on. The same timer again changes nothing. No row if the
-- member has no such conversation. Both are told.
with changed as (
    update conversations c
    set timer = @timer::interval,
        timer_changed_by = case when c.timer = @timer then c.timer_changed_by else @user_uuid::uuid end,
        timer_changed_at = case when c.timer = @timer then c.timer_changed_at else @now::timestamptz end
    from live_conversations(@user_uuid, @now) l
    where l.uuid = @uuid::uuid
        and c.uuid = l.uuid
    returning c.uuid, c.first_uuid, c.second_uuid
),

announced as (
    insert into changes (kind, subject_uuid, object_uuid)
    select
        'message',
        d.first_uuid,
        d.second_uuid
    from changed d
)

select d.uuid
from changed d
