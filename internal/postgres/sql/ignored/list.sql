-- Everybody whom a member mutes or blocks, and who blocks the member. Called for each request of a member who has
-- any (ignores_anybody). Carried by mutes_pkey, blocks_pkey and blocks_blocked_idx.
select
    i.uuid,
    u.handle,
    i.muted,
    i.blocked,
    i.blocks
from (
    select
        k.uuid,
        bool_or(k.kind = 1) as muted,
        bool_or(k.kind = 2) as blocked,
        bool_or(k.kind = 3) as blocks
    from (
        select m.muted_uuid as uuid, 1 as kind
        from mutes m
        where m.muter_uuid = @viewer_uuid::uuid
            and (m.ends_at is null or m.ends_at > @now::timestamptz)
        union all
        select b.blocked_uuid, 2
        from blocks b
        where b.blocker_uuid = @viewer_uuid
        union all
        select b.blocker_uuid, 3
        from blocks b
        where b.blocked_uuid = @viewer_uuid
    ) k
    group by k.uuid
) i
join users u on u.uuid = i.uuid
