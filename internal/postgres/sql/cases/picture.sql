-- The bytes of one picture of a case that a moderator may handle. Called by the address of that picture. Carried by
-- case_pictures_pkey.
select
    p.extension,
    p.bytes
from live_cases(@moderator_uuid::uuid, @now::timestamptz) c
join case_pictures p on p.case_uuid = c.uuid
where c.uuid = @uuid::uuid
    and p.position = @position::integer
    and p.bytes is not null
