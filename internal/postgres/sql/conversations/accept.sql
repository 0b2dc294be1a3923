-- Accepts a request: the member agrees to talk. It may be repeated. No row if the member has no such
-- conversation.
update conversations c
set first_accepted = c.first_accepted or c.first_uuid = @user_uuid::uuid,
    second_accepted = c.second_accepted or c.second_uuid = @user_uuid
from live_conversations(@user_uuid, @now::timestamptz) l
where l.uuid = @uuid::uuid
    and c.uuid = l.uuid
returning c.uuid
