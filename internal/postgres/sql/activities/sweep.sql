-- Deletes one batch of what has expired, oldest end first, and counts it. Called by the sweeper.
-- Carried by activities_expires_at_idx; rows that a transaction holds are left for the next pass,
-- so that the sweeper never waits for a member nor a member for it.
with batch as (
    select ctid
    from activities
    where expires_at <= @now::timestamptz
    order by expires_at
    limit @batch::bigint
    for update skip locked
), deleted as (
    delete from activities a
    using batch b
    where a.ctid = b.ctid
    returning 1
)
select count(*) from deleted
