-- Counts an attempt to use the codes of an address before the code is compared, so that many attempts at once
-- cannot pass the limit of five. Returns the sign-ups whose code was still valid. Every statement that locks
-- several sign-ups of an address locks the newest first; otherwise two could deadlock. Carried by
-- sign_ups_email_idx.
with alive as materialized (
    select uuid
    from sign_ups
    where lower(email) = lower(@email::text)
        and expires_at > @now::timestamptz
        and code_expires_at > @now
        and tries < 5
    order by uuid desc
    for update
)

update sign_ups s
set tries = s.tries + 1
from alive a
where s.uuid = a.uuid
returning s.uuid
