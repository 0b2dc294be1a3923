-- Takes a member's repost back, if there is one, and counts it. No row if the activity is not visible or the
-- member is suspended. Called after activities/hold_counted.
with target as materialized (
    select a.uuid
    from live_activities(@now::timestamptz) a
    cross join users u
    where a.uuid = @activity_uuid::uuid
        and u.uuid = @user_uuid::uuid
        and u.suspended_at is null
),

removed as (
    delete from reposts l
    using target t
    where l.activity_uuid = t.uuid
        and l.user_uuid = @user_uuid
    returning l.activity_uuid
),

counted as (
    update activities a
    set reposts_count = a.reposts_count - 1
    from removed r
    where a.uuid = r.activity_uuid
)

select t.uuid
from target t
