-- Counts a sign-in attempt as failed before the password is checked, so that many at once cannot pass the
-- lockout; a success removes the count again (lockout_clear). No row: the address is locked, and the attempt
-- does not count. From the fifth failure on the lock lasts 2^(n-5) seconds, at most 15 minutes; after 15
-- minutes without an attempt the count starts again. Carried by sign_in_attempts_pkey.
insert into sign_in_attempts as t (address_hash, failures, quiet_since, locked_until)
values (@address_hash::bytea, 1, @now::timestamptz, null)
on conflict (address_hash) do update
    set (failures, quiet_since, locked_until) = (
        select
            n,
            coalesce(lock_end, @now::timestamptz),
            lock_end
        from (
            select
                n,
                case
                    when n >= 5 then @now::timestamptz + least(2 ^ least(n - 5, 10), 900) * interval '1 second'
                end as lock_end
            from (
                select case
                    when t.quiet_since <= @now::timestamptz - interval '15 minutes' then 1
                    else least(t.failures, 1000000) + 1
                end as n
            ) counted
        ) locked
    )
    where t.locked_until is null
        or t.locked_until <= @now::timestamptz
returning failures
