-- Whether a member has sent a message with an idempotency key. Called if no conversation was begun for one.
select exists (
    select
    from live_messages(@user_uuid::uuid, @now::timestamptz) m
    where m.user_uuid = @user_uuid
        and m.idempotency_key = @idempotency_key::text
) as used
