-- Replaces the hash of an unchanged password with one that uses today's parameters. Called by sign-in.
update accounts
set password_hash = @password_hash::text
where uuid = @uuid::uuid
    and password_hash = @old_password_hash::text
