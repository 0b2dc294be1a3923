-- Deletes what a member has written in some threads, and what hangs on it, by foreign keys. The threads are held
-- alone (activities/hold_own). The rows are locked first, in the order of their uuids, as those lock them who
-- count likes and reposts. Returns one row for each that was the member's own.
with recursive own as materialized (
    select a.uuid
    from activities a
    where a.user_uuid = @user_uuid::uuid
        and a.expires_at > @now::timestamptz
        and coalesce(a.root_uuid, a.uuid) = any (@root_uuids::uuid[])
),

whole as (
    select o.uuid
    from own o
    union
    select r.uuid
    from whole w
    join activities r on r.reply_to_activity_uuid = w.uuid
),

locked as materialized (
    select a.uuid
    from activities a
    where a.uuid in (select w.uuid from whole w)
    order by a.uuid
    for update
)

delete from activities d
using (select count(*) as rows from locked) l
where d.uuid in (select o.uuid from own o)
    and l.rows > 0
returning d.uuid
