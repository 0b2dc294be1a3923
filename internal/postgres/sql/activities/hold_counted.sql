-- Holds activities whose counters are about to change until the transaction ends, in the order of members/turn.
-- Called before likes, reposts and replies are stored or taken back, in a statement of its own: one that locked
-- a row and changed it as well would go back to the version that it has seen first, where others queue who wait
-- for that same lock. What the next statement sees is how things are under the lock.
with turn as materialized (
    select pg_advisory_xact_lock_shared(hashtextextended('cruddur members', 0))
)

select count(*)
from (
    select a.uuid
    from turn, activities a
    where a.uuid = any (@activity_uuids::uuid[])
    order by
        coalesce(a.root_uuid, a.uuid),
        a.uuid
    for no key update of a
) held
