-- Gives a sign-up a new code.
update sign_ups
set code_hash = @code_hash::bytea,
    code_expires_at = @code_expires_at::timestamptz,
    tries = 0
where uuid = @uuid::uuid
