-- What made-up members are told, as the statements that act would have stored it (likes/add, activities/reply and
-- others). Mentions come as pairs of an activity and a handle. Called after the rest of the sample data is there.
with told as (
    select
        r.uuid,
        p.user_uuid,
        'reply' as kind,
        r.uuid as activity_uuid,
        r.user_uuid as actor_uuid
    from live_activities(@now::timestamptz) r
    join activities p on p.uuid = r.reply_to_activity_uuid
    union all
    select
        a.uuid,
        u.uuid,
        'mention',
        a.uuid,
        a.user_uuid
    from unnest(@activities::uuid[], @handles::text[]) as m (uuid, handle)
    join live_activities(@now) a on a.uuid = m.uuid
    join users u on lower(u.handle) = m.handle
    left join activities p on p.uuid = a.reply_to_activity_uuid
    where p.user_uuid is distinct from u.uuid
    union all
    select
        l.uuid,
        a.user_uuid,
        'like',
        a.uuid,
        l.user_uuid
    from live_activities(@now) a
    join likes l on l.activity_uuid = a.uuid
    union all
    select
        r.uuid,
        a.user_uuid,
        'repost',
        a.uuid,
        r.user_uuid
    from live_activities(@now) a
    join reposts r on r.activity_uuid = a.uuid
),

of_activities as (
    insert into notifications (uuid, user_uuid, kind, activity_uuid)
    select distinct on (t.activity_uuid, t.kind, t.user_uuid)
        t.uuid,
        t.user_uuid,
        t.kind,
        t.activity_uuid
    from told t
    join users u on u.uuid = t.user_uuid
    where t.actor_uuid <> t.user_uuid
        and u.cognito_user_id like @members::text
    order by
        t.activity_uuid,
        t.kind,
        t.user_uuid,
        t.uuid desc
    on conflict (activity_uuid, kind, user_uuid) where activity_uuid is not null
    do update set uuid = greatest(notifications.uuid, excluded.uuid)
)

insert into notifications (uuid, user_uuid, kind, expires_at)
select distinct on (f.followed_uuid, f.expires_at)
    f.uuid,
    f.followed_uuid,
    'follow',
    f.expires_at
from (
    select
        f.uuid,
        f.followed_uuid,
        -- the milliseconds in a UUID of version 7
        follow_group_end(to_timestamp(('x' || left(replace(f.uuid::text, '-', ''), 12))::bit(48)::bigint / 1000.0)) as expires_at
    from follows f
    join users u on u.uuid = f.followed_uuid
    where u.cognito_user_id like @members
) f
where f.expires_at > @now
order by
    f.followed_uuid,
    f.expires_at,
    f.uuid desc
on conflict (expires_at, user_uuid) where expires_at is not null
do update set uuid = greatest(notifications.uuid, excluded.uuid)
