-- Deletes pictures that were uploaded and never used, an hour after. Called by the sweeper until fewer than a batch
-- are left. Carried by pictures_unused_idx. As with activities, both clocks must agree, and what is locked stays for
-- a later call.
with gone as (
    delete from pictures
    where uuid in (
        select uuid
        from pictures
        where not used
            and created_at <= least(@now::timestamptz, now()) - @life::interval
        order by created_at
        limit @batch::bigint
        for update skip locked
    )
    returning 1
)

select count(*)
from gone
