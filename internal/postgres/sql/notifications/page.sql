-- A member's notifications, the newest first, before a cursor: what each is about, the newest of it, whether the member
-- has not read that yet, up to three who did it, and how many did. The order is that of the newest which the member may
-- see. A row's place in notifications_pkey is that or greater, so twenty rows in the order of the index (nearest) say
-- how far the twenty newest can be away. Only pages further on read again what is before them.
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

page as materialized (
    select
        n.newest_uuid,
        n.kind,
        n.activity_uuid,
        n.expires_at
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
)

select
    p.newest_uuid as uuid,
    p.kind,
    p.activity_uuid,
    coalesce(p.newest_uuid > (
        select m.seen
        from notification_marks m
        where m.user_uuid = @viewer_uuid
    ), true) as unread,
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
    f.display_names
from page p
cross join lateral (
    select
        array_agg(u.uuid order by e.uuid desc) as uuids,
        array_agg(u.handle order by e.uuid desc) as handles,
        array_agg(u.display_name order by e.uuid desc) as display_names
    from notification_events(@viewer_uuid, p.kind, p.activity_uuid, p.expires_at, @now, 3) e
    join users u on u.uuid = e.user_uuid
) f
order by p.newest_uuid desc
