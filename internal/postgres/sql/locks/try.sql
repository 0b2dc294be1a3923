-- Takes a session lock by its name if it is free. Called by WithLock.
select pg_try_advisory_lock(hashtextextended(@name::text, 0)) as locked
