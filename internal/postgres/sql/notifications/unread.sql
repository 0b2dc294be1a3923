-- How many notifications a member has not read, up to cruddur.MostUnread, and whether one of them asks for an answer.
-- Called with every page of a signed-in member. Carried by notifications_pkey, which is read from the newest to the
-- mark: without anything new that is one look. A row's place is never older than the newest of what it tells.
select
    count(*)::integer as unread,
    coalesce(bool_or(n.kind in ('reply', 'mention')), false) as answer
from (
    select n.kind
    from live_notifications(@viewer_uuid::uuid, @now::timestamptz) n
    where n.uuid > coalesce((
            select m.seen
            from notification_marks m
            where m.user_uuid = @viewer_uuid
        ), '00000000-0000-0000-0000-000000000000')
        and n.newest_uuid > coalesce((
            select m.seen
            from notification_marks m
            where m.user_uuid = @viewer_uuid
        ), '00000000-0000-0000-0000-000000000000')
    order by n.uuid desc
    limit 100
) n
