-- The newest live cruds of all members who are not silenced, without replies, older than a cursor. Called by the home feed of page
-- and API. Carried by activities_home_idx, read backwards in time. A crud's uuid contains its time, so the
-- cursor may be a crud that has expired meanwhile. Ordering by expires_at too does not change the result, but
-- only this index gives exactly that order, so the planner chooses it.
select a.*
from displayed_activities(@now::timestamptz) a
where a.reply_to_activity_uuid is null
    and not a.silenced
    and a.uuid < @before::uuid
order by
    a.uuid desc,
    a.expires_at
limit 20
