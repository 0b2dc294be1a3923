-- The live activities that reply to a member or mention them, the newest first, before a cursor. Called by the API, for
-- the original's client. Carried by notifications_pkey.
select a.*
from live_notifications(@viewer_uuid::uuid, @now::timestamptz) n
join displayed_activities(@now) a on a.uuid = n.activity_uuid
where n.kind in ('reply', 'mention')
    and n.uuid < @before::uuid
order by n.uuid desc
limit 20
