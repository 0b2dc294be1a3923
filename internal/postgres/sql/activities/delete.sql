-- Deletes a member's own activity, if it is alive; foreign keys delete its dependent rows. Returns whether it
-- was found alive, and whether it was theirs and is deleted.
with target as (
    select a.uuid, a.user_uuid = @user_uuid::uuid as own
    from live_activities(@now::timestamptz) a
    where a.uuid = @uuid::uuid
), deleted as (
    delete from activities d
    using target t
    where d.uuid = t.uuid
        and t.own
    returning d.uuid
)
select
    exists (select from target) as found,
    exists (select from deleted) as deleted
