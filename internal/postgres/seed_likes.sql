-- Who likes what in the sample data: one of 4 pairs of a member and another's live crud, the same at each run.
-- Called by DB.Seed.
with added as (
    insert into likes (uuid, activity_uuid, user_uuid)
    select
        uuid_v7(a.created_at + (@now::timestamptz - a.created_at) * 0.9),
        a.uuid,
        u.uuid
    from live_activities(@now) a
    join users o on o.uuid = a.user_uuid and o.cognito_user_id like 'seed:%'
    join users u on u.uuid <> o.uuid and u.cognito_user_id like 'seed:%' and u.suspended_at is null
    where a.created_at < @now
        and hashtextextended(u.handle || ' likes ' || a.message, 0) & (4 - 1) = 0
    on conflict (activity_uuid, user_uuid) do nothing
    returning activity_uuid
)

update activities a
set likes_count = a.likes_count + n.added
from (select activity_uuid, count(*) as added from added group by activity_uuid) n
where a.uuid = n.activity_uuid
