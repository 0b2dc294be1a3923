-- All of a member's live activities, including replies, newest first, before a cursor (place). What is hidden with
-- another member is left out; what is hidden because the member is suspended is still theirs. Called by the
-- export; carried by activities_user_idx.
-- Times are written as in the rest of the API: RFC 3339 in UTC, with microseconds.
select
    a.uuid as place,
    a.uuid,
    a.message,
    a.content_warning,
    a.reply_to_activity_uuid,
    (
        select count(*)
        from live_activities(@now::timestamptz) r
        where r.reply_to_activity_uuid = a.uuid
    )::integer as replies_count,
    a.reposts_count,
    a.likes_count,
    to_char(a.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as expires_at,
    to_char(a.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at
from activities a
join users u on u.uuid = a.user_uuid
where a.user_uuid = @user_uuid::uuid
    and a.expires_at > @now
    and (a.hidden = 0 or u.suspended_at is not null)
    and a.uuid < @before::uuid
order by a.uuid desc
limit 1000
