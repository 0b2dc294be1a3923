-- Deletes what a member has written, and what hangs on it, by foreign keys. Returns one row for each that was the
-- member's own. Called after activities/hold_thread and activities/hold_whole for each thread.
delete from activities d
where d.uuid = any (@uuids::uuid[])
    and d.user_uuid = @user_uuid::uuid
    and d.expires_at > @now::timestamptz
returning d.uuid
