-- Who has used each of some tags in its newest hundred live activities, and until when the last of these of
-- each member lives. Called by the trends, at most once a second. Carried by activity_tags_pkey.
select
    w.place,
    l.user_uuid,
    max(l.expires_at) as expires_at
from unnest(@tags::text[]) with ordinality as w (tag, place)
cross join lateral (
    select
        a.user_uuid,
        a.expires_at
    from activity_tags t
    join live_activities(@now::timestamptz) a on a.uuid = t.activity_uuid
    where t.tag = w.tag
    order by t.activity_uuid desc
    limit 100
) l
group by
    w.place,
    l.user_uuid
