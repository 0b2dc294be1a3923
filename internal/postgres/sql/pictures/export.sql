-- The pictures that a member shows, newest first, before a cursor (place): those of activities that are alive, the
-- avatar and the banner. What is hidden because the member is suspended is still theirs. Called by the export;
-- carried by pictures_user_idx.
select
    p.uuid as place,
    p.uuid,
    p.kind,
    p.activity_uuid,
    p.alt,
    p.width,
    p.height,
    p.extension,
    to_char(p.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at
from pictures p
join users u on u.uuid = p.user_uuid
left join activities a on a.uuid = p.activity_uuid
where p.user_uuid = @user_uuid::uuid
    and p.used
    and (a.uuid is null or a.expires_at > @now::timestamptz and (a.hidden = 0 or u.suspended_at is not null))
    and p.uuid < @before::uuid
order by p.uuid desc
limit 1000
