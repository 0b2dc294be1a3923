-- What a live reply hangs on, from the crud that began the conversation down to its parent, at most the
-- nearest 50. Called by the crud's page. Carried by activities_pkey.
with recursive up as (
    select
        a.reply_to_activity_uuid as uuid,
        1 as distance
    from live_activities(@now::timestamptz) a
    where a.uuid = @uuid::uuid
    union all
    select
        p.reply_to_activity_uuid,
        u.distance + 1
    from up u
    join live_activities(@now::timestamptz) p on p.uuid = u.uuid
    where u.distance < 50
)

select a.*
from up u
join displayed_activities(@now::timestamptz) a on a.uuid = u.uuid
order by a.uuid
