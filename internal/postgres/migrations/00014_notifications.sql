-- +goose Up

-- The foreign keys below need it, and who deletes a member locks users first and activities second.
lock table users in share row exclusive mode;

create table notifications (
    uuid uuid not null,
    user_uuid uuid not null
        constraint notifications_user_uuid_fkey references users (uuid) on delete cascade,
    kind text not null
        constraint notifications_kind_check check (kind in ('reply', 'mention', 'like', 'repost', 'follow')),
    activity_uuid uuid
        constraint notifications_activity_uuid_fkey references activities (uuid) on delete cascade,
    expires_at timestamptz,
    constraint notifications_pkey primary key (user_uuid, uuid),
    constraint notifications_end_check check ((activity_uuid is null) = (kind = 'follow') and (expires_at is null) = (kind <> 'follow'))
);
create unique index notifications_activity_idx on notifications (activity_uuid, kind, user_uuid) where activity_uuid is not null;
create unique index notifications_expires_at_idx on notifications (expires_at, user_uuid) where expires_at is not null;
comment on table notifications is
    'What members are told, one row for each group: all likes of one crud, all followers of one day. It holds no words and does not say who acted; that is read from likes, reposts, follows and activities (notification_events), so what is undone or hidden is told no more. Read it only through live_notifications.';
comment on column notifications.uuid is 'That of the newest like, repost, follow or activity of the group: its place in the list. It may be greater, if the newest went with its member.';
comment on column notifications.activity_uuid is 'The member''s own activity that is liked or reposted, or the activity that replies to the member or mentions them. The notification goes with it. Null: somebody follows the member.';
comment on column notifications.expires_at is 'The end of what hangs on no activity: follow_group_end. Null: it ends with its activity.';

create table notification_marks (
    user_uuid uuid
        constraint notification_marks_pkey primary key
        constraint notification_marks_user_uuid_fkey references users (uuid) on delete cascade,
    seen uuid not null
);
comment on table notification_marks is 'How far each member has read their notifications. It goes with the member.';
comment on column notification_marks.seen is 'A place in the list: what is newer is new.';

create function uuid_v7_first(at timestamptz) returns uuid
    language sql immutable strict parallel safe
    as $$
        select encode(
            substring(int8send(us / 1000) from 3)
                || int2send((28672 + us % 1000 * 4096 / 1000)::int2)
                || '\x0000000000000000'::bytea,
            'hex')::uuid
        from (select (extract(epoch from at) * 1000000)::bigint as us) t
    $$;
comment on function uuid_v7_first is 'The smallest UUID that uuid_v7 could make at this instant.';

-- In hours, because a day of a session's time zone may have 23 or 25 of them.
create function follow_group_end(at timestamptz) returns timestamptz
    language sql stable strict parallel safe
    as $$ select date_trunc('day', at, 'UTC') + interval '720 hours' $$;
comment on function follow_group_end is
    'When those are told no more who began to follow a member on the day (in UTC) of this instant: thirty days after that day began. It also names the group.';

-- +goose StatementBegin
create function notification_events(viewer_uuid uuid, kind text, activity_uuid uuid, expires_at timestamptz, now timestamptz, most bigint)
    returns table (uuid uuid, user_uuid uuid)
    language sql stable parallel safe
    as $$
        select a.uuid, a.user_uuid
        from live_activities(notification_events.now) a
        where notification_events.kind in ('reply', 'mention')
            and a.uuid = notification_events.activity_uuid
            and a.user_uuid <> all (array(select i from ignored_members(notification_events.viewer_uuid, notification_events.now) i))
        union all
        (
            select l.uuid, l.user_uuid
            from live_activities(notification_events.now) a
            join likes l on l.activity_uuid = a.uuid
            join users u on u.uuid = l.user_uuid
            where notification_events.kind = 'like'
                and a.uuid = notification_events.activity_uuid
                and l.user_uuid <> notification_events.viewer_uuid
                and u.suspended_at is null
                and l.user_uuid <> all (array(select i from ignored_members(notification_events.viewer_uuid, notification_events.now) i))
            order by l.uuid desc
            limit notification_events.most
        )
        union all
        (
            select r.uuid, r.user_uuid
            from live_activities(notification_events.now) a
            join reposts r on r.activity_uuid = a.uuid
            join users u on u.uuid = r.user_uuid
            where notification_events.kind = 'repost'
                and a.uuid = notification_events.activity_uuid
                and r.user_uuid <> notification_events.viewer_uuid
                and u.suspended_at is null
                and r.user_uuid <> all (array(select i from ignored_members(notification_events.viewer_uuid, notification_events.now) i))
            order by r.uuid desc
            limit notification_events.most
        )
        union all
        (
            select f.uuid, f.follower_uuid
            from follows f
            join users u on u.uuid = f.follower_uuid
            where notification_events.kind = 'follow'
                and notification_events.expires_at > notification_events.now
                and f.followed_uuid = notification_events.viewer_uuid
                and f.uuid >= uuid_v7_first(notification_events.expires_at - interval '720 hours')
                and f.uuid < uuid_v7_first(notification_events.expires_at - interval '696 hours')
                and u.suspended_at is null
                and f.follower_uuid <> all (array(select i from ignored_members(notification_events.viewer_uuid, notification_events.now) i))
            order by f.uuid desc
            limit notification_events.most
        )
    $$;
-- +goose StatementEnd
comment on function notification_events is
    'The newest of what a notification tells its member and the member may see at the given instant, with who did it: by nobody who is suspended or ignored, and about an activity that is alive. The planner inlines it.';

-- +goose StatementBegin
create function live_notifications(viewer_uuid uuid, now timestamptz)
    returns table (uuid uuid, kind text, activity_uuid uuid, expires_at timestamptz, newest_uuid uuid)
    language sql stable parallel safe
    as $$
        select n.uuid, n.kind, n.activity_uuid, n.expires_at, e.uuid
        from notifications n
        cross join lateral (
            select e.uuid
            from notification_events(live_notifications.viewer_uuid, n.kind, n.activity_uuid, n.expires_at, live_notifications.now, 1) e
            limit 1
        ) e
        where n.user_uuid = live_notifications.viewer_uuid
    $$;
-- +goose StatementEnd
comment on function live_notifications is
    'The visibility rule of notifications: those of a member of which something may be seen at the given instant, with the newest of it. Every reading statement uses it; the planner inlines it.';

-- +goose Down
drop function live_notifications;
drop function notification_events;
drop table notification_marks;
drop table notifications;
drop function follow_group_end;
drop function uuid_v7_first;
