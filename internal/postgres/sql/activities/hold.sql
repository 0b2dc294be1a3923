-- Holds the thread of a member's own activity alone until the transaction ends: no reply comes meanwhile, and
-- no other end is moved. Whether the activity is visible is for the next statements to see, since this one began
-- before its lock. Called before activities/delete and activities/move_end.
with turn as materialized (
    select pg_advisory_xact_lock_shared(hashtextextended('cruddur members', 0))
)

select r.uuid
from turn, activities a
join activities r on r.uuid = coalesce(a.root_uuid, a.uuid)
where a.uuid = @uuid::uuid
    and a.user_uuid = @user_uuid::uuid
for update of r
