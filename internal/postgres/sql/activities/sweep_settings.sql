-- Settings of one sweep's transaction. It gives up quickly on a lock, because others may wait for its own
-- locks. Its commit does not wait for the disk: if a crash undoes it, the rows are still expired, hidden, and
-- swept again. Its plan takes into account how much has expired. Called by the sweeper before each batch.
select
    set_config('lock_timeout', '25ms', true) as lock_timeout,
    set_config('statement_timeout', '5s', true) as statement_timeout,
    set_config('synchronous_commit', 'off', true) as synchronous_commit,
    set_config('plan_cache_mode', 'auto', true) as plan_cache_mode
