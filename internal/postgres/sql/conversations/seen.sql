-- Marks what a member has seen of a conversation: up to a message, at most the newest. The mark moves forward
-- only. No row if the member has no such conversation. The member's other pages are told.
with target as materialized (
    select
        c.uuid,
        case when c.first_uuid = @user_uuid::uuid then c.first_read_uuid else c.second_read_uuid end as read_uuid
    from live_conversations(@user_uuid, @now::timestamptz) l
    join conversations c on c.uuid = l.uuid
    where l.uuid = @uuid::uuid
),

marked as (
    update conversations c
    set first_read_uuid = case
            when c.first_uuid = @user_uuid then greatest(c.first_read_uuid, least(@seen_uuid::uuid, c.last_uuid))
            else c.first_read_uuid
        end,
        second_read_uuid = case
            when c.second_uuid = @user_uuid then greatest(c.second_read_uuid, least(@seen_uuid, c.last_uuid))
            else c.second_read_uuid
        end
    from target t
    where c.uuid = t.uuid
        and t.read_uuid < least(@seen_uuid, c.last_uuid)
    returning c.uuid
),

announced as (
    insert into changes (kind, subject_uuid)
    select 'told', @user_uuid
    from marked
)

select t.uuid
from target t
