-- Who wrote some live activities and what they hang on, by the place in @uuids. Who does not see one of them does not see the
-- activity. Called by each server for what is new or changed. Carried by activities_pkey.
with recursive up as (
    select
        n.place,
        a.user_uuid,
        a.reply_to_activity_uuid as above
    from unnest(@uuids::uuid[]) with ordinality as n (uuid, place)
    join live_activities(@now::timestamptz) a on a.uuid = n.uuid
    union all
    select
        u.place,
        a.user_uuid,
        a.reply_to_activity_uuid
    from up u
    join live_activities(@now) a on a.uuid = u.above
)

select
    u.place,
    array_agg(distinct u.user_uuid) as members
from up u
group by u.place
