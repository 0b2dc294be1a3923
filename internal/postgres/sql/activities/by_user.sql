-- A member's newest live cruds, without replies, older than a cursor. Called by the profile of page and API.
-- Carried by activities_user_idx. Ordering by expires_at too does not change the result, but only this index
-- gives exactly that order, so the planner chooses it.
select a.*
from displayed_activities(@now::timestamptz) a
where a.user_uuid = @user_uuid::uuid
    and a.reply_to_activity_uuid is null
    and a.uuid < @before::uuid
order by
    a.uuid desc,
    a.expires_at
limit 20
