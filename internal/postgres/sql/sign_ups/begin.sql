-- Stores a sign-up. An address that is taken, by an account or by a member of another identity provider, gets
-- a row as well, marked as taken; both cases cost the same.
insert into sign_ups (
    email,
    display_name,
    handle,
    password_hash,
    taken,
    code_hash,
    browser_hash,
    invitation_uuid,
    code_expires_at,
    expires_at,
    created_at
)
select
    @email::text,
    @display_name::text,
    @handle::text,
    @password_hash::text,
    exists (select from accounts where lower(email) = lower(@email))
        or exists (select from users where lower(email) = lower(@email)),
    @code_hash::bytea,
    @browser_hash::bytea,
    (select i.uuid from live_invitations(@now) i where i.uuid = @invitation_uuid::uuid),
    @code_expires_at::timestamptz,
    @expires_at::timestamptz,
    @now::timestamptz
returning
    uuid,
    taken
