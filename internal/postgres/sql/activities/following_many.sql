-- The newest cruds by those whom a member follows and by the member, and what those reposted, before a cursor;
-- each crud once, for its newest reason. A reason is the crud itself or a repost, and its uuid is the place in
-- the feed. Reasons that came after @since, the time at which the reader opened the feed, do not count, so that
-- paging on misses nothing.
-- Called by the feed for a member who follows many: it walks the newest cruds and reposts of all members.
-- Carried by activities_home_idx and reposts_pkey.
with followed as materialized (
    select u.uuid
    from follows f
    join users u on u.uuid = f.followed_uuid
    where f.follower_uuid = @viewer_uuid::uuid
        and u.suspended_at is null
    union all
    select @viewer_uuid
),

reasons as (
    (
        select
            a.uuid as place,
            a.uuid,
            null::uuid as by_uuid
        from live_activities(@now::timestamptz) a
        where a.reply_to_activity_uuid is null
            and a.uuid < @before::uuid
            and a.user_uuid in (select f.uuid from followed f offset 0)
            and (
                a.reposts_count = 0
                or not exists (
                    select
                    from reposts r
                    join followed g on g.uuid = r.user_uuid
                    where r.activity_uuid = a.uuid
                        and r.uuid < @since::uuid
                )
            )
        order by
            a.uuid desc,
            a.expires_at
        limit 20
    )
    union all
    (
        select
            r.uuid,
            a.uuid,
            r.user_uuid
        from reposts r
        join live_activities(@now::timestamptz) a on a.uuid = r.activity_uuid
        where r.uuid < @before::uuid
            and r.uuid < @since::uuid
            and r.user_uuid in (select f.uuid from followed f offset 0)
            and not exists (
                select
                from reposts n
                join followed g on g.uuid = n.user_uuid
                where n.activity_uuid = r.activity_uuid
                    and n.uuid > r.uuid
                    and n.uuid < @since::uuid
            )
        order by r.uuid desc
        limit 20
    )
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
join shown_activities(@now::timestamptz) a on a.uuid = n.uuid
left join users u on u.uuid = n.by_uuid
order by n.place desc
