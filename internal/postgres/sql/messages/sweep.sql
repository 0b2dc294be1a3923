-- Deletes one batch of expired messages, oldest expiry first, and counts it. Called by the sweeper. Carried by
-- messages_expires_at_idx. A row must have expired by two clocks, as in activities/sweep, and rows that somebody
-- holds are left for the next pass.
with batch as (
    select m.ctid
    from messages m
    where m.expires_at <= least(@now::timestamptz, now())
    order by m.expires_at
    limit @batch::bigint
    for update skip locked
), deleted as (
    delete from messages m
    using batch b
    where m.ctid = b.ctid
    returning 1
)
select count(*) from deleted
