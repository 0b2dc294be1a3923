-- Whom a member mutes at the given instant, the newest mute first, before a cursor (the uuid of a mute). Called
-- by the member's settings and the API. Carried by mutes_muter_idx.
select
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.avatar_uuid,
    m.uuid as place,
    m.ends_at
from mutes m
join users u on u.uuid = m.muted_uuid
where m.muter_uuid = @user_uuid::uuid
    and m.uuid < @before::uuid
    and u.suspended_at is null
    and (m.ends_at is null or m.ends_at > @now::timestamptz)
order by m.uuid desc
limit 20
