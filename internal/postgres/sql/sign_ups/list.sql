-- Every sign-up that waits for confirmation, newest first. Called by "cruddur user list --waiting".
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
where expires_at > @now::timestamptz
    and not taken
order by uuid desc
limit 1000
