-- How many notifications a member has not read, up to cruddur.MostUnread, and whether one of them asks for an answer.
-- Called with every page of a signed-in member. Carried by notifications_pkey and by conversations_first_idx and
-- conversations_second_idx, which are read from the newest to the mark: without anything new that is one look at each. A
-- row's place is never older than the newest of what it tells. Messages are read with their conversation too.
with mark as materialized (
    select coalesce((
            select m.seen
            from notification_marks m
            where m.user_uuid = @viewer_uuid::uuid
        ), '00000000-0000-0000-0000-000000000000') as seen
)

select
    count(*)::integer as unread,
    coalesce(bool_or(n.kind in ('reply', 'mention', 'message')), false) as answer
from (
    (
        select n.kind
        from live_notifications(@viewer_uuid, @now::timestamptz) n
        where n.uuid > (select seen from mark)
            and n.newest_uuid > (select seen from mark)
        order by n.uuid desc
        limit 100
    )
    union all
    (
        select 'message'
        from told_conversations(@viewer_uuid, @now) c
        where c.last_uuid > (select seen from mark)
            and c.last_uuid > c.read_uuid
            and c.newest_uuid > (select seen from mark)
            and c.newest_uuid > c.read_uuid
        limit 100
    )
    limit 100
) n
