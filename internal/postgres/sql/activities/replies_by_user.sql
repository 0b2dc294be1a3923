-- A member's newest live replies, older than a cursor. Called by the profile of page and API. Carried by
-- activities_user_idx; see activities/by_user.
select a.*
from displayed_activities(@now::timestamptz) a
where a.user_uuid = @user_uuid::uuid
    and a.reply_to_activity_uuid is not null
    and a.uuid < @before::uuid
order by
    a.uuid desc,
    a.expires_at
limit 20
