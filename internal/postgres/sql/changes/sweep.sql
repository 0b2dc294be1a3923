-- Deletes one batch of changes that are older than a minute, and counts it. Called by the sweeper; carried by
-- changes_at_idx.
with deleted as (
    delete from changes c
    where (c.tx, c.id) in (
        select e.tx, e.id
        from changes e
        where e.at <= least(@now::timestamptz, now()) - interval '1 minute'
        order by e.at
        limit @batch::bigint
        for update skip locked
    )
    returning 1
)

select count(*) from deleted
