-- Which of some activities a member likes and has reposted. Called for the page that the member is shown.
-- Carried by likes_pkey and reposts_activity_uuid_user_uuid_key.
select
    n.place,
    exists (
        select
        from likes l
        where l.activity_uuid = n.uuid
            and l.user_uuid = @viewer_uuid::uuid
    ) as liked,
    exists (
        select
        from reposts r
        where r.activity_uuid = n.uuid
            and r.user_uuid = @viewer_uuid
    ) as reposted
from unnest(@uuids::uuid[]) with ordinality as n (uuid, place)
