-- Takes the idempotency key off a crud that has ended and is not swept yet: what has ended is not there,
-- so its author may post under the same key again. Carried by activities_idempotency_key.
update activities
set idempotency_key = null
where user_uuid = @user_uuid::uuid
    and idempotency_key = @idempotency_key::text
    and expires_at <= @now::timestamptz
