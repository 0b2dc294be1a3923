-- Stores likes that were made at the same time, each once, and counts them. Returns the positions in the
-- arguments of those whose activity is visible and whose member is not suspended, whether stored now or
-- before. Called through lanes. Locks in the order of members/turn: members, then activities by uuid; what a
-- lock had to wait for is read again.
with turn as materialized (
    select pg_advisory_xact_lock_shared(hashtextextended('cruddur members', 0))
),

wanted as materialized (
    select
        w.activity_uuid,
        w.user_uuid,
        w.now,
        w.place
    from unnest(@activity_uuids::uuid[], @user_uuids::uuid[], @nows::timestamptz[])
        with ordinality as w (activity_uuid, user_uuid, now, place)
),

member as materialized (
    select u.uuid
    from turn, users u
    where u.uuid = any (@user_uuids)
        and u.suspended_at is null
    order by u.uuid
    for key share of u
),

target as materialized (
    select
        a.uuid,
        a.expires_at
    from turn, activities a
    where a.uuid = any (@activity_uuids)
        and a.hidden = 0
        and (select count(*) from member) > 0 -- after it
    order by a.uuid
    for no key update of a
),

granted as materialized (
    select w.*
    from wanted w
    join member m on m.uuid = w.user_uuid
    join target t on t.uuid = w.activity_uuid
    where t.expires_at > w.now
),

added as (
    insert into likes (uuid, activity_uuid, user_uuid)
    select
        uuid_v7(g.now),
        g.activity_uuid,
        g.user_uuid
    from granted g
    on conflict (activity_uuid, user_uuid) do nothing
    returning activity_uuid
),

counted as (
    update activities a
    set likes_count = a.likes_count + n.added
    from (select activity_uuid, count(*) as added from added group by activity_uuid) n
    where a.uuid = n.activity_uuid
    returning 1
)

select g.place
from granted g
where (select count(*) from counted) >= 0 -- after it
