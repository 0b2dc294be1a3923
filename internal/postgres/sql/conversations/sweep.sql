-- Deletes one batch of conversations without a message for thirty days, as messages/sweep does. Called by the
-- sweeper after it. Carried by conversations_expires_at_idx.
with batch as (
    select c.ctid
    from conversations c
    where c.expires_at <= least(@now::timestamptz, now())
    order by c.expires_at
    limit @batch::bigint
    for update skip locked
), deleted as (
    delete from conversations c
    using batch b
    where c.ctid = b.ctid
    returning 1
)
select count(*) from deleted
