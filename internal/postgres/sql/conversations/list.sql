-- The conversations of a member, or the requests to them, with the newest message of each; those where something
-- was sent last come first, before a cursor (last_uuid). The page is chosen first, so that nothing else is read for
-- the conversations that are not on it. Called by page and API. Carried by
-- conversations_first_idx, conversations_second_idx and messages_conversation_idx.
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
    end as unread,
    l.uuid as message_uuid,
    l.user_uuid,
    l.message,
    l.created_at as sent_at,
    l.expires_at
from (
    select *
    from live_conversations(@viewer_uuid::uuid, @now::timestamptz) p
    where p.request = @requests::boolean
        and p.last_uuid < @before::uuid
    order by p.last_uuid desc
    limit 20
) c
join users u on u.uuid = c.other_uuid
left join lateral (
    select
        m.uuid,
        m.user_uuid,
        m.message,
        m.created_at,
        m.expires_at
    from messages_in(@viewer_uuid, c.uuid, @now) m
    order by m.uuid desc
    limit 1
) l on true
order by c.last_uuid desc
