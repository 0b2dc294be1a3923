-- The newest cruds by those whom a member follows and by the member, and what those reposted, before a cursor;
-- each crud once, for its newest reason. A reason is the crud itself or a repost, and its uuid is the place in
-- the feed. Reasons that came after @since, the time at which the reader opened the feed, do not count, so that
-- paging on misses nothing. (select … limit 1) stands where exists would: exists may be answered from a hash
-- of all rows, which costs more than all that is read here.
-- Called by the feed: it merges the newest of each whom the member follows, so it costs as much as the member
-- follows many. It looks for a floor first: the place that @enough of the newest four cruds and four reposts of each
-- lie above. What lies below is left out, so a page may be short although there is more; if there are no @enough, or
-- @enough is null, nothing is left out. Carried by activities_user_idx and reposts_user_idx.
with followed as materialized (
    select u.uuid
    from follows f
    join users u on u.uuid = f.followed_uuid
    where f.follower_uuid = @viewer_uuid::uuid
        and u.suspended_at is null
    union all
    select @viewer_uuid
),

floor as materialized (
    select
        coalesce(
            (
                select c.place
                from followed f
                cross join lateral (
                    (
                        select a.uuid as place
                        from live_activities(@now::timestamptz) a
                        where a.user_uuid = f.uuid
                            and a.reply_to_activity_uuid is null
                            and a.uuid < @before::uuid
                        order by
                            a.uuid desc,
                            a.expires_at
                        limit 4
                    )
                    union all
                    (
                        select r.uuid
                        from reposts r
                        where r.user_uuid = f.uuid
                            and r.uuid < @before
                            and r.uuid < @since::uuid
                        order by r.uuid desc
                        limit 4
                    )
                ) c
                where @enough::bigint is not null
                order by c.place desc
                offset @enough
                limit 1
            ),
            '00000000-0000-0000-0000-000000000000'
        ) as place
),

reasons as (
    select
        c.uuid as place,
        c.uuid,
        null::uuid as by_uuid
    from followed f
    cross join lateral (
        select a.uuid
        from live_activities(@now::timestamptz) a
        where a.user_uuid = f.uuid
            and a.reply_to_activity_uuid is null
            and a.uuid < @before::uuid
            and a.uuid > (select p.place from floor p)
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
    ) c
    union all
    select
        c.place,
        c.uuid,
        f.uuid
    from followed f
    cross join lateral (
        select
            r.uuid as place,
            a.uuid
        from reposts r
        join live_activities(@now::timestamptz) a on a.uuid = r.activity_uuid
        where r.user_uuid = f.uuid
            and r.uuid < @before::uuid
            and r.uuid < @since::uuid
            and r.uuid > (select p.place from floor p)
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
    ) c
),

newest as materialized (
    select
        r.place,
        r.uuid,
        r.by_uuid
    from reasons r
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
