-- Holds the thread of a member's own activity alone until the transaction ends: no reply comes meanwhile, and
-- no other end is moved. No row if the activity is not visible or not theirs. Called before activities/delete
-- and activities/move_end.
with turn as materialized (
    select pg_advisory_xact_lock_shared(hashtextextended('cruddur members', 0))
),

own as (
    select coalesce(a.root_uuid, a.uuid) as root_uuid
    from turn, live_activities(@now::timestamptz) a
    where a.uuid = @uuid::uuid
        and a.user_uuid = @user_uuid::uuid
)

select r.uuid
from own o
join activities r on r.uuid = o.root_uuid
for update of r
