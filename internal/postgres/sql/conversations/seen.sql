-- Marks what a member has seen of a conversation: up to a message, at most the newest. The mark moves forward
-- only. No row if the member has no such conversation.
update conversations c
set first_read_uuid = case
        when c.first_uuid = @user_uuid::uuid then greatest(c.first_read_uuid, least(@seen_uuid::uuid, c.last_uuid))
        else c.first_read_uuid
    end,
    second_read_uuid = case
        when c.second_uuid = @user_uuid then greatest(c.second_read_uuid, least(@seen_uuid, c.last_uuid))
        else c.second_read_uuid
    end
from live_conversations(@user_uuid, @now::timestamptz) l
where l.uuid = @uuid::uuid
    and c.uuid = l.uuid
returning c.uuid
