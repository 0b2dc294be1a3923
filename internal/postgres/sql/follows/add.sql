-- Lets a member follow another, once. Returns whether the other exists, is not suspended, and neither blocks the
-- other. Called after members/hold_pair. The followed is told by one row for the followers of a day.
with pair as materialized (
    select count(*) = 2 as found
    from users u
    where u.uuid in (@follower_uuid::uuid, @followed_uuid::uuid)
        and u.suspended_at is null
        and not exists (select from blocks b where b.blocker_uuid = @follower_uuid and b.blocked_uuid = @followed_uuid)
        and not exists (select from blocks b where b.blocker_uuid = @followed_uuid and b.blocked_uuid = @follower_uuid)
),

added as (
    insert into follows (uuid, follower_uuid, followed_uuid)
    select
        uuid_v7(@now::timestamptz),
        @follower_uuid,
        @followed_uuid
    from pair
    where found
    on conflict (follower_uuid, followed_uuid) do nothing
    returning uuid
),

told as (
    insert into notifications (uuid, user_uuid, kind, expires_at)
    select
        d.uuid,
        @followed_uuid,
        'follow',
        follow_group_end(@now)
    from added d
    on conflict (expires_at, user_uuid) where expires_at is not null
    do update set uuid = greatest(notifications.uuid, excluded.uuid)
),

announced as (
    insert into changes (kind, subject_uuid)
    select 'told', @followed_uuid
    from added
)

select
    (select found from pair) as found,
    exists (select from added) as added
