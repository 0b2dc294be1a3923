-- Takes a sign-up out, for its account to be made in the same transaction; whoever comes second finds
-- none.
delete from sign_ups
where uuid = @uuid::uuid
    and not taken
    and expires_at > @now::timestamptz
returning
    email,
    display_name,
    handle,
    password_hash
