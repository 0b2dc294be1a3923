-- Forgets the other sign-ups of an address whose account has just been made. One that is newer than the
-- locks of sign_ups/take and in somebody else's hands stays: waiting for it could be waiting for who waits
-- for us. Its code cannot make a second account.
delete from sign_ups
where uuid in (
    select uuid
    from sign_ups
    where lower(email) = lower(@email::text)
    for update skip locked
)
