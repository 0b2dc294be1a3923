-- The handles of those who wrote some activities, as far as these are visible, by the place in @uuids. Called by
-- pages that show a reply without what it replies to. Carried by activities_pkey.
select
    n.place,
    u.handle
from unnest(@uuids::uuid[]) with ordinality as n (uuid, place)
join live_activities(@now::timestamptz) a on a.uuid = n.uuid
join users u on u.uuid = a.user_uuid
