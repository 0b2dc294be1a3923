-- One conversation of a member. Called by page and API. Carried by conversations_pkey.
select
    c.uuid,
    c.other_uuid,
    c.handle,
    c.display_name,
    u.avatar_uuid,
    c.timer,
    c.timer_changed_by,
    c.timer_changed_at,
    c.request,
    c.waits,
    c.muted,
    c.read_uuid,
    c.last_uuid,
    c.created_at,
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
from live_conversations(@viewer_uuid::uuid, @now::timestamptz) c
join users u on u.uuid = c.other_uuid
where c.uuid = @uuid::uuid
