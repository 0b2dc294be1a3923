-- Inserts the account of a confirmed sign-up. If the address has an account already, it is a unique violation
-- (accounts_email_key).
insert into accounts (email, password_hash, password_changed_at, created_at)
values (@email::text, @password_hash::text, @now::timestamptz, @now::timestamptz)
returning uuid
