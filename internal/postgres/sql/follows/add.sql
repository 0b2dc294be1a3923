-- Lets a member follow another, once. Returns whether the other exists and is not suspended. The members'
-- rows are locked, so that a suspension at the same time is seen.
with pair as materialized (
    select u.uuid
    from users u
    where u.uuid in (@follower_uuid::uuid, @followed_uuid::uuid)
        and u.suspended_at is null
    order by u.uuid
    for key share of u
),

added as (
    insert into follows (uuid, follower_uuid, followed_uuid)
    select
        uuid_v7(@now::timestamptz),
        @follower_uuid,
        @followed_uuid
    where (select count(*) from pair) = 2
    on conflict (follower_uuid, followed_uuid) do nothing
    returning 1
)

select
    (select count(*) from pair) = 2 as found,
    exists (select from added) as added
