-- How many pictures are no longer wanted and are still stored, at most 100,000 of each kind: unused ones after their
-- hour, with when the oldest of them ended, and objects outside of the database whose picture is gone. Called by
-- the sweeper's metrics. Carried by pictures_unused_idx and picture_objects_gone_idx.
select
    count(*) + (
        select count(*)
        from (select from picture_objects where picture_uuid is null limit 100000) objects
    ) as rows,
    min(ended_at) as oldest_expires_at
from (
    select created_at + @life::interval as ended_at
    from pictures
    where not used
        and created_at <= @now::timestamptz - @life
    order by created_at
    limit 100000
) late
