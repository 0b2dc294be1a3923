-- Counts a try of the codes of an address before the code is compared, so that many tries at once
-- cannot pass the limit of five. Answers the sign-ups whose code was still alive. Whoever locks several
-- sign-ups of an address does so newest first, or two would wait for each other. Carried by
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
