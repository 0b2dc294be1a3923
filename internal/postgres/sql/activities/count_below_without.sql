-- activities/count_below for a reader who does not see some members: neither their replies nor what hangs on
-- these. Carried by activities_replies_idx.
with recursive below as (
    select r.uuid
    from live_activities(@now::timestamptz) r
    where r.reply_to_activity_uuid = @uuid::uuid
        and r.user_uuid <> all(@ignored_uuids::uuid[])
    union all
    select r.uuid
    from below b
    join live_activities(@now::timestamptz) r on r.reply_to_activity_uuid = b.uuid
    where r.user_uuid <> all(@ignored_uuids)
)

select count(*) as replies
from below
