-- Some activities, as far as they are visible, in the order of the arguments. Called by the search, and for what
-- notifications are about. Carried by activities_pkey.
select a.*
from unnest(@uuids::uuid[]) with ordinality as n (uuid, place)
join displayed_activities(@now::timestamptz) a on a.uuid = n.uuid
order by n.place
