-- Holds the conversation of a member's own message alone until the transaction ends. Called before
-- messages/delete.
select c.uuid
from messages m
join conversations c on c.uuid = m.conversation_uuid
where m.uuid = @uuid::uuid
    and m.user_uuid = @user_uuid::uuid
for update of c
