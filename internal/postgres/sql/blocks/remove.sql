-- Ends a block, if there is one.
delete from blocks
where blocker_uuid = @blocker_uuid::uuid
    and blocked_uuid = @blocked_uuid::uuid
