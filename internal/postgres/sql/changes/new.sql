-- The live activities of the last seconds: they are new to a server that has not seen them yet. The order of their uuids
-- is not that of their commits. Called by each server twice a second, with changes/read. Carried by activities_pkey.
select a.uuid
from live_activities(@now::timestamptz) a
where a.uuid > uuid_v7_first(@since::timestamptz)
order by a.uuid
