-- Deletes one batch of cases that nobody has closed in time, with their evidence and reports, and counts it. Called by the
-- sweeper. Carried by cases_expires_at_idx. A row must have expired by two clocks, as in activities/sweep, and rows that
-- somebody holds are left for the next pass.
with batch as (
    select c.ctid
    from cases c
    where c.expires_at <= least(@now::timestamptz, now())
    order by c.expires_at
    limit @batch::bigint
    for update skip locked
),

deleted as (
    delete from cases c
    using batch b
    where c.ctid = b.ctid
    returning 1
)

select count(*) from deleted
