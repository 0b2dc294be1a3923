-- All messages that a member may read, newest first: what they have sent and what they were sent, before a
-- cursor (place). Called by the export. Carried by messages_conversation_idx.
-- Times are written as in the rest of the API: RFC 3339 in UTC, with microseconds.
select
    m.uuid as place,
    m.uuid,
    m.conversation_uuid as message_group_uuid,
    u.handle as "from",
    c.handle as "with",
    m.message,
    to_char(m.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as expires_at,
    to_char(m.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at
from live_conversations(@user_uuid::uuid, @now::timestamptz) c
cross join lateral messages_in(@user_uuid, c.uuid, @now) m
join users u on u.uuid = m.user_uuid
where m.uuid < @before::uuid
order by m.uuid desc
limit 1000
