-- Deletes the case of a target if it has ended and waits for the sweeper. Called before a case is opened. Carried by
-- cases_kind_target_uuid_key.
delete from cases
where kind = @kind::text
    and target_uuid = @target_uuid::uuid
    and expires_at <= @now::timestamptz
