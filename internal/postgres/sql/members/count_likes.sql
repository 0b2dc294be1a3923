-- Counts all that a member likes: +1 when a suspension ends, -1 when it begins and before a member who is not
-- suspended is deleted. Called with members/turn.
update activities a
set likes_count = a.likes_count + @times::integer
from likes l
where l.user_uuid = @user_uuid::uuid
    and a.uuid = l.activity_uuid
