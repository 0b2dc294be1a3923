-- The names of objects outside of the database whose picture is gone. Called by the sweeper, which deletes the
-- objects first and then their rows. Carried by picture_objects_gone_idx.
select name
from picture_objects
where picture_uuid is null
order by name
limit @batch::bigint
