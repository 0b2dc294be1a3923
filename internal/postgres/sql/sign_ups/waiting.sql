-- The sign-ups of an address that wait for confirmation, newest first. Called by confirm, resend and the
-- operator; carried by sign_ups_email_idx.
select
    uuid,
    email,
    display_name,
    handle,
    password_hash,
    taken,
    code_hash,
    browser_hash,
    code_expires_at,
    tries,
    created_at
from sign_ups
where lower(email) = lower(@email::text)
    and expires_at > @now::timestamptz
order by uuid desc
limit 3
