-- Deletes the other sign-ups of an address whose account has just been made. A sign-up that is newer than the
-- locks of sign_ups/take and locked by another transaction stays: waiting for it could be a deadlock. Its
-- code cannot make a second account.
delete from sign_ups
where uuid in (
    select uuid
    from sign_ups
    where lower(email) = lower(@email::text)
    for update skip locked
)
