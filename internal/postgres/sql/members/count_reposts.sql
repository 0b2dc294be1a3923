-- Counts all that a member has reposted, as members/count_likes does.
update activities a
set reposts_count = a.reposts_count + @times::integer
from reposts r
where r.user_uuid = @user_uuid::uuid
    and a.uuid = r.activity_uuid
