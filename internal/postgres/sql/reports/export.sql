-- What a member has reported and no moderator has closed yet, newest first, before a cursor (place). The words are the
-- member's own; what was reported is not theirs. Called by the export; carried by reports_reporter_idx.
select
    r.uuid as place,
    r.uuid,
    c.kind,
    c.handle,
    r.reason,
    r.words,
    to_char(c.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as expires_at,
    to_char(r.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at
from reports r
join cases c on c.uuid = r.case_uuid
where r.reporter_uuid = @user_uuid::uuid
    and c.expires_at > @now::timestamptz
    and r.uuid < @before::uuid
order by r.uuid desc
limit 1000
