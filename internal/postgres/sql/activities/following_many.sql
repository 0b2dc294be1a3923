-- The newest cruds by those whom a member follows and by the member, and what those reposted, before a cursor;
-- each crud once, for its newest reason. A reason is the crud itself or a repost, and its uuid is the place in
-- the feed. Reasons that came after @since, the time at which the reader opened the feed, do not count, so that
-- paging on misses nothing. (select … limit 1) stands where exists would: exists may be answered from a hash
-- of all rows, which costs more than all that is read here.
-- Called by the feed for who follows many: it walks the newest @rows cruds and reposts of all members, and takes those
-- of members whom the member follows. What lies further back is left out, so a page may be short although there is
-- more (activities/following_few then finds it). A walk ends when it has a page; only if one does not find that many
-- is it looked up how far it went (floor). Carried by activities_home_idx and reposts_pkey.
with cruds as materialized (
    select
        a.uuid as place,
        a.uuid,
        null::uuid as by_uuid
    from (
        select
            w.uuid,
            w.user_uuid,
            w.reposts_count,
            w.expires_at
        from live_activities(@now::timestamptz) w
        where w.reply_to_activity_uuid is null
            and w.uuid < @before::uuid
        order by
            w.uuid desc,
            w.expires_at
        limit @rows::bigint
    ) a
    where (
        a.user_uuid = @viewer_uuid::uuid
        or (
            select true
            from follows g
            where g.follower_uuid = @viewer_uuid
                and g.followed_uuid = a.user_uuid
            limit 1
        )
    )
        and (a.reposts_count = 0 or (
            select true
            from reposts n
            join users s on s.uuid = n.user_uuid
            where n.activity_uuid = a.uuid
                and n.uuid < @since::uuid
                and s.suspended_at is null
                and (
                    n.user_uuid = @viewer_uuid::uuid
                    or (
                        select true
                        from follows g
                        where g.follower_uuid = @viewer_uuid
                            and g.followed_uuid = n.user_uuid
                        limit 1
                    )
                )
            limit 1
        ) is null)
    order by
        a.uuid desc,
        a.expires_at
    limit 20
),

reposted as materialized (
    select
        r.uuid as place,
        r.activity_uuid as uuid,
        r.user_uuid as by_uuid
    from (
        select
            w.uuid,
            w.activity_uuid,
            w.user_uuid
        from reposts w
        where w.uuid < @before::uuid
            and w.uuid < @since::uuid
        order by w.uuid desc
        limit @rows
    ) r
    where (
        r.user_uuid = @viewer_uuid::uuid
        or (
            select true
            from follows g
            where g.follower_uuid = @viewer_uuid
                and g.followed_uuid = r.user_uuid
            limit 1
        )
    )
        and (select true from users s where s.uuid = r.user_uuid and s.suspended_at is null limit 1)
        and (select true from live_activities(@now::timestamptz) a where a.uuid = r.activity_uuid limit 1)
        and (
            select true
            from reposts n
            join users s on s.uuid = n.user_uuid
            where n.activity_uuid = r.activity_uuid
                and n.uuid < @since::uuid
                and n.uuid > r.uuid
                and s.suspended_at is null
                and (
                    n.user_uuid = @viewer_uuid::uuid
                    or (
                        select true
                        from follows g
                        where g.follower_uuid = @viewer_uuid
                            and g.followed_uuid = n.user_uuid
                        limit 1
                    )
                )
            limit 1
        ) is null
    order by r.uuid desc
    limit 20
),

floor as materialized (
    select
        coalesce(
            greatest(
                case when (select count(*) from cruds) < @page::bigint then (
                    select a.uuid
                    from live_activities(@now) a
                    where a.reply_to_activity_uuid is null
                        and a.uuid < @before
                    order by
                        a.uuid desc,
                        a.expires_at
                    offset @rows - 1
                    limit 1
                ) end,
                case when (select count(*) from reposted) < @page then (
                    select r.uuid
                    from reposts r
                    where r.uuid < @before
                        and r.uuid < @since
                    order by r.uuid desc
                    offset @rows - 1
                    limit 1
                ) end
            ),
            '00000000-0000-0000-0000-000000000000'
        ) as place
),

newest as materialized (
    select
        r.place,
        r.uuid,
        r.by_uuid
    from (
        select * from cruds
        union all
        select * from reposted
    ) r
    where r.place >= (select f.place from floor f)
    order by r.place desc
    limit 20
)

select
    a.*,
    n.place,
    u.handle as by_handle,
    u.display_name as by_display_name
from newest n
join displayed_activities(@now::timestamptz) a on a.uuid = n.uuid
left join users u on u.uuid = n.by_uuid
order by n.place desc
