-- Locks all conversations of a member. Called before the member is deleted, after members/lock: others hold a
-- conversation and then its messages, and foreign keys would go through them in another order.
select c.uuid
from conversations c
where c.first_uuid = @user_uuid::uuid
    or c.second_uuid = @user_uuid
order by c.uuid
for update of c
