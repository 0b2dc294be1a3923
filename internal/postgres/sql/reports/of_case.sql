-- The newest reports of a case that a moderator may handle. Called by the page of the case and by the commands. Carried by
-- reports_case_uuid_reporter_uuid_key.
select
    r.uuid,
    u.handle,
    r.reason,
    r.words,
    r.created_at
from live_cases(@moderator_uuid::uuid, @now::timestamptz) c
join reports r on r.case_uuid = c.uuid
join users u on u.uuid = r.reporter_uuid
where c.uuid = @uuid::uuid
order by r.uuid desc
limit @limit::integer
