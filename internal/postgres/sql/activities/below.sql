-- The live replies below a reply, oldest first, newer than a cursor. Called by a reply's page. Carried by
-- activities_replies_idx. See activities/thread.
with recursive below as (
    select r.uuid
    from live_activities(@now::timestamptz) r
    where r.reply_to_activity_uuid = @uuid::uuid
    union all
    select r.uuid
    from below b
    join live_activities(@now::timestamptz) r on r.reply_to_activity_uuid = b.uuid
)

select a.*
from displayed_activities(@now::timestamptz) a
where a.uuid in (
    select b.uuid
    from below b
    where b.uuid > @after::uuid
    order by b.uuid
    limit 200
)
order by a.uuid
