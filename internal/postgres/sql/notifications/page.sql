-- A member's notifications, the newest first, before a cursor: what each is about, the newest of it, whether the member
-- has not read that yet, up to three who did it, and how many did. The order is that of the newest which the member may
-- see. A row's place in notifications_pkey is that or greater, so twenty rows in the order of the index (nearest) say
-- how far the twenty newest can be away. Only pages further on read again what is before them.
-- Conversations are merged into it in the same way; their place is that of the newest message in them.
-- All likes of a crud are counted already (activities.likes_count), so only the member's own and those of the ignored are
-- taken off; reposts likewise. Followers of a day are counted up to cruddur.MostCounted. Called by page and API.
with nearest as materialized (
    select n.newest_uuid
    from live_notifications(@viewer_uuid::uuid, @now::timestamptz) n
    where n.uuid < @before::uuid
        and (not @mentions::boolean or n.kind in ('reply', 'mention'))
    order by n.uuid desc
    limit 20
),

nearest_talk as materialized (
    select c.newest_uuid
    from told_conversations(@viewer_uuid, @now) c
    where c.last_uuid < @before
        and not @mentions
    order by c.last_uuid desc
    limit 20
),

notices as (
    select
        n.newest_uuid,
        n.kind,
        n.activity_uuid,
        n.expires_at,
        null::uuid as conversation_uuid,
        null::uuid as other_uuid,
        null::uuid as read_uuid
    from live_notifications(@viewer_uuid, @now) n
    where n.uuid >= coalesce((
            select f.newest_uuid
            from nearest f
            order by f.newest_uuid
            limit 1
        ), '00000000-0000-0000-0000-000000000000')
        and n.newest_uuid < @before
        and (not @mentions or n.kind in ('reply', 'mention'))
    order by n.newest_uuid desc
    limit 20
),

talks as (
    select
        c.newest_uuid,
        'message' as kind,
        null::uuid as activity_uuid,
        null::timestamptz as expires_at,
        c.uuid as conversation_uuid,
        c.other_uuid,
        c.read_uuid
    from told_conversations(@viewer_uuid, @now) c
    where not @mentions
        and c.last_uuid >= coalesce((
            select f.newest_uuid
            from nearest_talk f
            order by f.newest_uuid
            limit 1
        ), '00000000-0000-0000-0000-000000000000')
        and c.newest_uuid < @before
    order by c.newest_uuid desc
    limit 20
),

page as materialized (
    select * from notices
    union all
    select * from talks
    order by newest_uuid desc
    limit 20
)

select
    p.newest_uuid as uuid,
    p.kind,
    p.activity_uuid,
    coalesce(p.newest_uuid > (
        select m.seen
        from notification_marks m
        where m.user_uuid = @viewer_uuid
    ), true) and (p.kind <> 'message' or p.newest_uuid > p.read_uuid) as unread,
    case p.kind
        when 'like' then (
            select a.likes_count - (
                select count(*)
                from likes l
                join users u on u.uuid = l.user_uuid
                where l.activity_uuid = a.uuid
                    and u.suspended_at is null
                    and l.user_uuid = any (array(select @viewer_uuid union all select i from ignored_members(@viewer_uuid, @now) i))
            )
            from live_activities(@now) a
            where a.uuid = p.activity_uuid
        )
        when 'repost' then (
            select a.reposts_count - (
                select count(*)
                from reposts r
                join users u on u.uuid = r.user_uuid
                where r.activity_uuid = a.uuid
                    and u.suspended_at is null
                    and r.user_uuid = any (array(select @viewer_uuid union all select i from ignored_members(@viewer_uuid, @now) i))
            )
            from live_activities(@now) a
            where a.uuid = p.activity_uuid
        )
        when 'follow' then (
            select count(*)
            from notification_events(@viewer_uuid, p.kind, p.activity_uuid, p.expires_at, @now, 1000) e
        )
        else 1
    end::integer as actors_count,
    f.uuids,
    f.handles,
    f.display_names,
    f.avatar_uuids,
    p.conversation_uuid,
    m.message,
    m.created_at as sent_at,
    m.expires_at as ends_at,
    case
        when p.kind = 'message' then (
            select count(*)
            from (
                select
                from messages_in(@viewer_uuid, p.conversation_uuid, @now) c
                where c.user_uuid <> @viewer_uuid
                    and c.uuid > p.read_uuid
                limit 100
            ) as counted
        )
        else 0
    end::integer as messages_count
from page p
cross join lateral (
    select
        array_agg(u.uuid order by e.uuid desc) as uuids,
        array_agg(u.handle order by e.uuid desc) as handles,
        array_agg(u.display_name order by e.uuid desc) as display_names,
        array_agg(u.avatar_uuid order by e.uuid desc) as avatar_uuids
    from (
        select
            n.uuid,
            n.user_uuid
        from notification_events(@viewer_uuid, p.kind, p.activity_uuid, p.expires_at, @now, 3) n
        union all
        select
            p.newest_uuid,
            p.other_uuid
        where p.kind = 'message'
    ) e
    join users u on u.uuid = e.user_uuid
) f
left join lateral (
    select
        c.message,
        c.created_at,
        c.expires_at
    from messages_in(@viewer_uuid, p.conversation_uuid, @now) c
    where c.uuid = p.newest_uuid
) m on true
order by p.newest_uuid desc
