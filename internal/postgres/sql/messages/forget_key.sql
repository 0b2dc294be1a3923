-- Removes the idempotency key from a message that has expired and is not swept yet, as activities/forget_key
-- does. Carried by messages_idempotency_key.
update messages
set idempotency_key = null
where user_uuid = @user_uuid::uuid
    and idempotency_key = @idempotency_key::text
    and expires_at <= @now::timestamptz
