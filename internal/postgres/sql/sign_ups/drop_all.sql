-- Forgets the other sign-ups of an address whose account has just been made.
delete from sign_ups
where lower(email) = lower(@email::text)
