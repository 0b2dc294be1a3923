-- Which of some activities a member likes and has reposted, and whose authors the member follows. Called for the
-- page that the member is shown. Carried by likes_pkey, reposts_activity_uuid_user_uuid_key and follows_pkey.
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
    ) as reposted,
    exists (
        select
        from follows f
        where f.follower_uuid = @viewer_uuid
            and f.followed_uuid = n.user_uuid
    ) as following
from unnest(@uuids::uuid[], @user_uuids::uuid[]) with ordinality as n (uuid, user_uuid, place)
