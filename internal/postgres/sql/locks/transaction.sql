-- Waits for a lock by its name and holds it until the transaction ends. Called by Seed.
select pg_advisory_xact_lock(hashtextextended(@name::text, 0))::text as locked
