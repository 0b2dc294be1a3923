-- Deletes one batch of expired rows, oldest expiry first, and counts it. Called by the sweeper. Carried by
-- activities_expires_at_idx. A row must have expired by two clocks, the caller's and the server's: a wrong
-- clock may hide a crud for a while, but it must not destroy one. Locked rows are left for the next pass, so
-- that the sweeper never waits for a member nor a member for it. For the same reason a root stays while one
-- of its expired replies is not in the batch: its foreign key would wait for the reply. Replies are newer and
-- end no later than their root, so in this order they are in the same batch or an earlier one. A row that
-- still has more than 50 likes or reposts stays too (activities/sweep_marks).
with batch as (
    select
        uuid,
        ctid
    from activities
    where expires_at <= least(@now::timestamptz, now())
    order by
        expires_at,
        uuid desc
    limit @batch::bigint
    for update skip locked
), deleted as (
    delete from activities a
    using batch b
    where a.ctid = b.ctid
        and not exists (select from likes l where l.activity_uuid = b.uuid offset 50)
        and not exists (select from reposts p where p.activity_uuid = b.uuid offset 50)
        and not exists (
            select
            from activities r
            where r.reply_to_activity_uuid = b.uuid
                and r.expires_at <= least(@now::timestamptz, now())
                and not exists (select from batch t where t.uuid = r.uuid)
        )
    returning 1
)
select count(*) from deleted
