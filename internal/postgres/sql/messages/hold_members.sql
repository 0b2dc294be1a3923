-- Locks the two members of a conversation against a suspension and a deletion, so that one at the same time is
-- seen. Called before a message is sent, before anything of the conversation is locked.
select u.uuid
from users u
where u.uuid in (@user_uuid::uuid, @other_uuid::uuid)
order by u.uuid
for key share of u
