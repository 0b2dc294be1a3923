-- Sets the password of an account if its present hash is the one that was checked; null skips that check.
-- Must come before the statement that ends the tokens: it locks the row, and a concurrent sign-in waits for
-- it (tokens/begin).
update accounts
set password_hash = @password_hash::text,
    password_changed_at = @now::timestamptz
where uuid = @uuid::uuid
    and (@old_password_hash::text is null or password_hash = @old_password_hash)
returning email
