-- Closes a case that a moderator may handle: deletes it, and by foreign keys its evidence and its reports. No row if it
-- is closed already, or not theirs to handle. Called after cases/hold.
delete from cases d
using live_cases(@moderator_uuid::uuid, @now::timestamptz) c
where d.uuid = @uuid::uuid
    and c.uuid = d.uuid
returning d.kind, d.target_uuid, d.handle
