-- Holds the conversation of two members alone until the transaction ends. Whether it is visible is for the next
-- statement to see. Called before messages/send; carried by conversations_members_key.
select c.uuid
from conversations c
where c.first_uuid = least(@user_uuid::uuid, @other_uuid::uuid)
    and c.second_uuid = greatest(@user_uuid, @other_uuid)
for update of c
