-- Lets a member block another, once; neither follows the other from then on. Returns whether the other exists and
-- is not suspended. Called after members/hold_pair.
with pair as materialized (
    select count(*) = 2 as found
    from users u
    where u.uuid in (@blocker_uuid::uuid, @blocked_uuid::uuid)
        and u.suspended_at is null
),

added as (
    insert into blocks (uuid, blocker_uuid, blocked_uuid)
    select
        uuid_v7(@now::timestamptz),
        @blocker_uuid,
        @blocked_uuid
    from pair
    where found
    on conflict (blocker_uuid, blocked_uuid) do nothing
),

parted as (
    delete from follows f
    using pair p
    where p.found
        and (
            f.follower_uuid = @blocker_uuid and f.followed_uuid = @blocked_uuid
            or f.follower_uuid = @blocked_uuid and f.followed_uuid = @blocker_uuid
        )
)

select found
from pair
