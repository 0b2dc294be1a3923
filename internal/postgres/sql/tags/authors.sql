-- Who has used each of some tags in its newest hundred live activities, and until when the last of these of
-- each member lives; silenced members do not count. Called by the trends, at most once a second. Carried by
-- activity_tags_pkey and users_silenced_idx.
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
        and a.user_uuid not in (select u.uuid from users u where u.silenced_at is not null)
    order by t.activity_uuid desc
    limit 100
) l
group by
    w.place,
    l.user_uuid
