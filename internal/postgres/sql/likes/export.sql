-- The live activities that a member likes, the newest like first, before a cursor (place). Called by the
-- export; carried by likes_user_idx.
select
    m.uuid as place,
    a.uuid as activity_uuid,
    a.handle
from likes m
join displayed_activities(@now::timestamptz) a on a.uuid = m.activity_uuid
where m.user_uuid = @user_uuid::uuid
    and m.uuid < @before::uuid
order by m.uuid desc
limit 1000
