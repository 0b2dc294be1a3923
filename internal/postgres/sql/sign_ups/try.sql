-- Counts a try of the codes of an address before the code is compared, so that many tries at once
-- cannot pass the limit of five. Answers the sign-ups whose code was still alive. Carried by
-- sign_ups_email_idx.
update sign_ups
set tries = tries + 1
where lower(email) = lower(@email::text)
    and expires_at > @now::timestamptz
    and code_expires_at > @now
    and tries < 5
returning uuid
