-- The newest live cruds with a tag, without replies, older than a cursor, by members who are not silenced. Called by
-- the tag's feed for other programs. Carried by activity_tags_pkey, read backwards in time.
select a.*
from activity_tags t
join displayed_activities(@now::timestamptz) a on a.uuid = t.activity_uuid
where t.tag = @tag::text
    and t.activity_uuid < @before::uuid
    and a.reply_to_activity_uuid is null
    and not a.silenced
order by t.activity_uuid desc
limit 20
