-- One open case that a moderator may handle, with its evidence. Called by the page of the case and by the commands.
-- Carried by cases_pkey.
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
    e.display_name,
    e.message,
    e.content_warning,
    e.written_at,
    e.ends_at
from live_cases(@moderator_uuid::uuid, @now::timestamptz) c
join case_evidence e on e.case_uuid = c.uuid
where c.uuid = @uuid::uuid
