-- Returns, for at most 100 threads, the uuid of the crud that began each and those of what a member has written
-- in it, in the order in which threads are held (members/turn), and takes part in that turn. What is hidden
-- counts, because it would be shown again. Called before activities/delete_own. Carried by activities_user_idx.
with turn as materialized (
    select pg_advisory_xact_lock_shared(hashtextextended('cruddur members', 0))
)

select
    coalesce(a.root_uuid, a.uuid) as root_uuid,
    array_agg(a.uuid) as uuids
from turn, activities a
where a.user_uuid = @user_uuid::uuid
    and a.expires_at > @now::timestamptz
group by coalesce(a.root_uuid, a.uuid)
order by coalesce(a.root_uuid, a.uuid)
limit 100
