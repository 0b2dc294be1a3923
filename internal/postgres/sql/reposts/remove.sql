-- Takes a member's repost back, if there is one, and counts it. Returns whether the activity is visible to
-- the member. Locks in the order of reposts/add.
with turn as materialized (
    select pg_advisory_xact_lock_shared(hashtextextended('cruddur members', 0))
),

member as materialized (
    select u.uuid
    from turn, users u
    where u.uuid = @user_uuid::uuid
        and u.suspended_at is null
    for key share of u
),

target as materialized (
    select a.uuid
    from member, activities a
    where a.uuid = @activity_uuid::uuid
        and a.expires_at > @now::timestamptz
        and a.hidden = 0
    for no key update of a
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
    returning 1
)

select
    exists (select from target) as found,
    exists (select from counted) as removed
