-- Stores likes that were made at the same time, each once, and counts them. Returns the positions in the
-- arguments of those whose activity is visible and whose member is not suspended, whether stored now or
-- before. Called through lanes, after activities/hold_counted. Each author is told by one row for the activity, whose
-- place is the newest like of another member; nobody else touches it while the activity is held.
with granted as materialized (
    select
        w.activity_uuid,
        w.user_uuid,
        a.user_uuid as author_uuid,
        w.now,
        w.place
    from unnest(@activity_uuids::uuid[], @user_uuids::uuid[], @nows::timestamptz[])
        with ordinality as w (activity_uuid, user_uuid, now, place)
    join users u on u.uuid = w.user_uuid
    join activities a on a.uuid = w.activity_uuid
    where u.suspended_at is null
        and a.expires_at > w.now
        and a.hidden = 0
),

added as (
    insert into likes (uuid, activity_uuid, user_uuid)
    select
        uuid_v7(g.now),
        g.activity_uuid,
        g.user_uuid
    from granted g
    on conflict (activity_uuid, user_uuid) do nothing
    returning uuid, activity_uuid, user_uuid
),

counted as (
    update activities a
    set likes_count = a.likes_count + n.added
    from (select activity_uuid, count(*) as added from added group by activity_uuid) n
    where a.uuid = n.activity_uuid
),

told as (
    insert into notifications (uuid, user_uuid, kind, activity_uuid)
    select distinct on (d.activity_uuid)
        d.uuid,
        g.author_uuid,
        'like',
        d.activity_uuid
    from added d
    join granted g on g.activity_uuid = d.activity_uuid
    where d.user_uuid <> g.author_uuid
    order by
        d.activity_uuid,
        d.uuid desc
    on conflict (activity_uuid, kind, user_uuid) where activity_uuid is not null
    do update set uuid = greatest(notifications.uuid, excluded.uuid)
)

select g.place
from granted g
