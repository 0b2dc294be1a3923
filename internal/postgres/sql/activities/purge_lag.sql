-- How many rows have expired and are still stored, and since when the oldest of them has waited: activities,
-- notifications of followers, messages and conversations. Called by the sweeper's metrics and by the doctor. Carried
-- by activities_expires_at_idx, notifications_expires_at_idx, messages_expires_at_idx and
-- conversations_expires_at_idx; it counts at most 100,000 of each, because counting must not make a backlog worse.
select
    count(*) as rows,
    min(expires_at) as oldest_expires_at
from (
    (
        select a.expires_at
        from activities a
        where a.expires_at <= @now::timestamptz
        order by a.expires_at
        limit 100000
    )
    union all
    (
        select n.expires_at
        from notifications n
        where n.expires_at <= @now
        order by n.expires_at
        limit 100000
    )
    union all
    (
        select m.expires_at
        from messages m
        where m.expires_at <= @now
        order by m.expires_at
        limit 100000
    )
    union all
    (
        select c.expires_at
        from conversations c
        where c.expires_at <= @now
        order by c.expires_at
        limit 100000
    )
) late
