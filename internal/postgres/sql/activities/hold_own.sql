-- Holds alone, until the transaction ends, the threads of some of what a member has written, as activities/hold
-- does for one: at most 100 threads, in the order of the uuids of their first cruds. No row if the member has
-- nothing left. What is hidden counts, because it would be shown again. Called before activities/delete_own.
-- Carried by activities_user_idx.
with turn as materialized (
    select pg_advisory_xact_lock_shared(hashtextextended('cruddur members', 0))
),

own as materialized (
    select distinct coalesce(a.root_uuid, a.uuid) as root_uuid
    from turn, activities a
    where a.user_uuid = @user_uuid::uuid
        and a.expires_at > @now::timestamptz
    limit 100
)

select r.uuid
from activities r
where r.uuid in (select o.root_uuid from own o)
order by r.uuid
for update of r
