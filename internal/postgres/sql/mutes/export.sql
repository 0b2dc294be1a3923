-- Whom a member mutes at the given instant, the newest mute first, before a cursor (place). Called by the export; carried by
-- mutes_muter_idx.
select
    x.uuid as place,
    u.uuid,
    u.handle,
    to_char(x.ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ends_at
from mutes x
join users u on u.uuid = x.muted_uuid
where x.muter_uuid = @user_uuid::uuid
    and u.suspended_at is null
    and x.uuid < @before::uuid
    and (x.ends_at is null or x.ends_at > @now::timestamptz)
order by x.uuid desc
limit 1000
