-- Ends one of a member's own sessions. No row: it is not theirs, or has ended already.
delete from sessions
where uuid = @uuid::uuid
    and user_uuid = @user_uuid::uuid
returning uuid
