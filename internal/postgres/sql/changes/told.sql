-- Whom notifications tell of some activities. Called by each server for what is new. Carried by
-- notifications_activity_idx.
select n.user_uuid
from notifications n
where n.activity_uuid = any(@uuids::uuid[])
