-- The newest live activities with a tag, replies too, older than a cursor, by members who are not silenced. Called by
-- the tag's page and by the API. Carried by activity_tags_pkey, read backwards in time.
select a.*
from activity_tags t
join displayed_activities(@now::timestamptz) a on a.uuid = t.activity_uuid
where t.tag = @tag::text
    and t.activity_uuid < @before::uuid
    and not a.silenced
order by t.activity_uuid desc
limit 20
