-- Records that a session is used. Called after sessions/resume; carried by sessions_pkey.
update sessions
set last_used_at = @now::timestamptz
where uuid = @uuid::uuid
    and last_used_at < @now
