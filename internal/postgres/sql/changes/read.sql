-- What members must be told since a transaction, the oldest transaction that is still under way, and whether there is one
-- at all. Called by each server twice a second. Every transaction below xmin has ended, so the next call asks from there
-- on and finds whatever was committed meanwhile, in whichever order. Carried by changes_pkey. One row with nulls if there
-- is nothing.
select
    pg_snapshot_xmin(s.now)::text::bigint as xmin,
    pg_snapshot_xmin(s.now) < pg_snapshot_xmax(s.now) as held,
    c.id,
    c.kind,
    c.subject_uuid,
    c.object_uuid,
    coalesce(c.handle, u.handle) as handle,
    o.handle as object_handle,
    c.members
from (select pg_current_snapshot() as now) s
left join changes c on c.tx >= (@floor::bigint)::text::xid8
left join users u on u.uuid = c.subject_uuid and c.kind in ('hidden', 'silenced', 'parted', 'muted', 'message')
left join users o on o.uuid = c.object_uuid
order by c.id
