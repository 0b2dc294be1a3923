-- Deletes one batch of notifications whose own end has passed, by the caller's clock and by the server's, and counts
-- it; all others go with their activity. Called by the sweeper. Carried by notifications_expires_at_idx. Locked rows are
-- left for the next pass.
with batch as (
    select
        n.user_uuid,
        n.uuid
    from notifications n
    where n.expires_at <= least(@now::timestamptz, now())
    order by n.expires_at
    limit @batch::bigint
    for update skip locked
),

deleted as (
    delete from notifications n
    using batch b
    where n.user_uuid = b.user_uuid
        and n.uuid = b.uuid
    returning 1
)

select count(*) from deleted
