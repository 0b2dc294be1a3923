-- Holds the crud that began the conversation of an activity until the transaction ends: its end may not be moved
-- and it may not be deleted meanwhile (activities/hold holds it alone), but others may reply. The activity itself
-- is held by activities/hold_counted, which comes next; one that began a conversation is left to it, since it
-- must not be locked twice (see there). Called before activities/reply.
with turn as materialized (
    select pg_advisory_xact_lock_shared(hashtextextended('cruddur members', 0))
)

select r.uuid
from turn, activities a
join activities r on r.uuid = a.root_uuid
where a.uuid = @uuid::uuid
for key share of r
