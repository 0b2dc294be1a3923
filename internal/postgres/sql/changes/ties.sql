-- Which of some members follow or ignore which others. Called by each server for those whose streams it has, and for the
-- authors of what is new or changed. Carried by follows_pkey, blocks_pkey, blocks_blocked_idx and mutes_pkey.
select
    t.viewer_uuid,
    t.other_uuid,
    bool_or(t.follows) as follows,
    not bool_and(t.follows) as ignores
from (
    select f.follower_uuid as viewer_uuid, f.followed_uuid as other_uuid, true as follows
    from follows f
    where f.follower_uuid = any(@viewer_uuids::uuid[])
        and f.followed_uuid = any(@other_uuids::uuid[])
    union all
    select b.blocker_uuid, b.blocked_uuid, false
    from blocks b
    where b.blocker_uuid = any(@viewer_uuids)
        and b.blocked_uuid = any(@other_uuids)
    union all
    select b.blocked_uuid, b.blocker_uuid, false
    from blocks b
    where b.blocked_uuid = any(@viewer_uuids)
        and b.blocker_uuid = any(@other_uuids)
    union all
    select m.muter_uuid, m.muted_uuid, false
    from mutes m
    where m.muter_uuid = any(@viewer_uuids)
        and m.muted_uuid = any(@other_uuids)
        and (m.ends_at is null or m.ends_at > @now::timestamptz)
) t
group by
    t.viewer_uuid,
    t.other_uuid
