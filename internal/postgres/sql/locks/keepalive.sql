-- Lets the server notice within 20 seconds that the machine of a lock's holder is gone, and with it
-- the lock; by itself it would believe in it for two hours. Called by WithLock.
select
    set_config('tcp_keepalives_idle', '5', false) as idle,
    set_config('tcp_keepalives_interval', '5', false) as interval,
    set_config('tcp_keepalives_count', '3', false) as count
