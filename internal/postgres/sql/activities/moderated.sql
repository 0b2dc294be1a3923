-- Who has written an activity that has not ended, whether or not a suspension hides it. Called before
-- activities/delete_moderated. Carried by activities_pkey.
select
    a.user_uuid,
    u.handle
from activities a
join users u on u.uuid = a.user_uuid
where a.uuid = @uuid::uuid
    and a.expires_at > @now::timestamptz
