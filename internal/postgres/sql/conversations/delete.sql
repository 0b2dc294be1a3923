-- Deletes a conversation for both; foreign keys delete its messages. No row if the member has no such
-- conversation.
delete from conversations c
using live_conversations(@user_uuid::uuid, @now::timestamptz) l
where l.uuid = @uuid::uuid
    and c.uuid = l.uuid
returning c.uuid
