-- Sets the password of an account, provided that its present hash is the one that was checked; null
-- asks for none. Must come before the statement that ends the tokens: it takes the row's lock, for
-- which a sign-in in flight waits (tokens/begin).
update accounts
set password_hash = @password_hash::text,
    password_changed_at = @now::timestamptz
where uuid = @uuid::uuid
    and (@old_password_hash::text is null or password_hash = @old_password_hash)
returning email
