-- The live activities that a member likes, the newest like first, before a cursor (the uuid of a like). Called
-- by the profile of page and API. Carried by likes_user_idx.
select
    a.*,
    l.uuid as place
from likes l
join displayed_activities(@now::timestamptz) a on a.uuid = l.activity_uuid
where l.user_uuid = @user_uuid::uuid
    and l.uuid < @before::uuid
order by l.uuid desc
limit 20
