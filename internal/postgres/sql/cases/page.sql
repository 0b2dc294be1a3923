-- The open cases that a moderator may handle, the newest first, before a cursor (the uuid of a case). Called by the
-- moderators' page and by the commands. Carried by cases_pkey.
select
    c.uuid,
    c.kind,
    c.target_uuid,
    c.member_uuid,
    c.handle,
    c.opened_at,
    c.expires_at,
    (select count(*) from reports r where r.case_uuid = c.uuid)::integer as reports_count,
    (
        select coalesce(array_agg(distinct r.reason), '{}')
        from reports r
        where r.case_uuid = c.uuid
    ) as reasons,
    left(coalesce(e.content_warning, e.message, ''), 160) as excerpt
from live_cases(@moderator_uuid::uuid, @now::timestamptz) c
left join case_evidence e on e.case_uuid = c.uuid
where c.uuid < @before::uuid
order by c.uuid desc
limit @limit::integer
