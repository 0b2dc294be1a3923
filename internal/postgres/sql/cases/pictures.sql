-- The pictures of a case that a moderator may handle, without their bytes. Called with cases/show. Carried by
-- case_pictures_pkey.
select
    p.position,
    p.alt,
    p.width,
    p.height,
    p.extension,
    p.bytes is not null as stored
from live_cases(@moderator_uuid::uuid, @now::timestamptz) c
join case_pictures p on p.case_uuid = c.uuid
where c.uuid = @uuid::uuid
order by p.position
