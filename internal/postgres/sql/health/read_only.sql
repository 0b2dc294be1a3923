-- Whether the server refuses writes, and whether because it is a standby. Called by /readyz, by the metrics
-- and, every two seconds, by the holder of a session lock.
select
    pg_is_in_recovery() as standby,
    current_setting('transaction_read_only')::boolean as read_only
