-- Deletes a member's own activity, if it is visible, and what hangs on it, by foreign keys. No row if it is
-- not visible or not theirs. Its thread is held alone (activities/hold). The rows are locked first, in the
-- order of their uuids, as those lock them who count likes and reposts.
with recursive whole as (
    select a.uuid
    from live_activities(@now::timestamptz) a
    where a.uuid = @uuid::uuid
        and a.user_uuid = @user_uuid::uuid
    union all
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
where d.uuid = @uuid
    and l.rows > 0
returning d.reply_to_activity_uuid
