-- Which of some members a member follows, and which of them follow back. Called for the lists of members that
-- the member is shown. Carried by follows_pkey.
select
    n.place,
    exists (
        select
        from follows f
        where f.follower_uuid = @viewer_uuid::uuid
            and f.followed_uuid = n.uuid
    ) as following,
    exists (
        select
        from follows f
        where f.follower_uuid = n.uuid
            and f.followed_uuid = @viewer_uuid
    ) as followed_by
from unnest(@uuids::uuid[]) with ordinality as n (uuid, place)
