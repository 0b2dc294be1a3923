-- The conversation of a member with another one, who may be written to; c.uuid is null as long as the two have
-- none. No row if the other cannot be reached.
-- Called by page and API. Carried by users_handle_key and
-- conversations_members_key.
select
    c.uuid,
    o.uuid as other_uuid,
    o.handle,
    o.display_name,
    u.avatar_uuid,
    coalesce(c.timer, interval '7 days') as timer,
    c.timer_changed_by,
    c.timer_changed_at,
    coalesce(c.request, false) as request,
    coalesce(c.waits, false) as waits,
    coalesce(c.muted, false) as muted,
    c.read_uuid,
    c.last_uuid,
    coalesce(c.created_at, @now) as created_at,
    case
        when c.muted or c.last_uuid <= c.read_uuid then 0
        else (
            select count(*)
            from (
                select
                from messages_in(@viewer_uuid, c.uuid, @now) m
                where m.user_uuid <> @viewer_uuid
                    and m.uuid > c.read_uuid
                limit 100
            ) as counted
        )
    end as unread
from reachable_members(@viewer_uuid::uuid) o
join users u on u.uuid = o.uuid
left join lateral (
    select *
    from live_conversations(@viewer_uuid, @now::timestamptz) l
    where l.other_uuid = o.uuid
    limit 1
) c on true
where lower(o.handle) = lower(@handle::text)
