-- Makes the server notice within 20 seconds that the machine of a lock's holder has disappeared, and release
-- the lock; without this setting it would take two hours. Called by WithLock.
select
    set_config('tcp_keepalives_idle', '5', false) as idle,
    set_config('tcp_keepalives_interval', '5', false) as interval,
    set_config('tcp_keepalives_count', '3', false) as count
