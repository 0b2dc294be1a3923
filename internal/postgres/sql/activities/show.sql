-- One activity, if it is alive.
-- Called by the crud's page and by the API. Carried by activities_pkey.
select a.*
from displayed_activities(@now::timestamptz) a
where a.uuid = @uuid::uuid
