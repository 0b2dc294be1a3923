-- Removes the idempotency key from an expired crud that is not swept yet: an expired crud does not exist for
-- its author, who may use the same key again. Carried by activities_idempotency_key.
update activities
set idempotency_key = null
where user_uuid = @user_uuid::uuid
    and idempotency_key = @idempotency_key::text
    and expires_at <= @now::timestamptz
