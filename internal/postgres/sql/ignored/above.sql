-- Which replies of a page of the thread below an activity hang on a reply by members whom the reader does not see.
-- Called for later pages of a reader who ignores somebody. Carried by activities_pkey.
with recursive up as (
    select
        a.uuid as reply,
        a.reply_to_activity_uuid as above
    from live_activities(@now::timestamptz) a
    where a.uuid = any(@uuids::uuid[])
    union all
    select
        p.reply,
        a.reply_to_activity_uuid
    from up p
    join live_activities(@now) a on a.uuid = p.above
    where p.above <> @top_uuid::uuid
)

select distinct p.reply
from up p
join live_activities(@now) a on a.uuid = p.above
where p.above <> @top_uuid
    and a.user_uuid = any(@ignored_uuids::uuid[])
