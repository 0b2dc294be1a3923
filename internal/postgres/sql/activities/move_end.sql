-- Moves the end of an activity, which its author owns, and of everything that hangs on it: a reply that lives
-- with the thread ends with what it replies to, one with an end of its own no later than that. Without
-- @expires_at a reply lives with its thread from now on. Nothing ends later than its parent, and no activity
-- lives longer than @most. Returns the new end; no row if it is not visible or not theirs. Called after
-- activities/hold and activities/hold_whole.
with recursive target as (
    select
        a.uuid,
        least(coalesce(@expires_at::timestamptz, p.expires_at), p.expires_at, a.created_at + @most::interval) as expires_at
    from live_activities(@now::timestamptz) a
    left join activities p on p.uuid = a.reply_to_activity_uuid
    where a.uuid = @uuid::uuid
        and a.user_uuid = @user_uuid::uuid
),

moved as (
    select
        t.uuid,
        t.expires_at,
        true as first
    from target t
    where t.expires_at > @now
    union all
    select
        r.uuid,
        case when r.own_end then least(r.expires_at, m.expires_at) else m.expires_at end,
        false
    from moved m
    join activities r on r.reply_to_activity_uuid = m.uuid
),

stored as (
    update activities a
    set expires_at = m.expires_at,
        own_end = case when m.first then a.reply_to_activity_uuid is not null and @expires_at is not null else a.own_end end
    from moved m
    where a.uuid = m.uuid
        and (a.expires_at <> m.expires_at or m.first)
    returning a.uuid, a.expires_at
)

select s.expires_at
from stored s
where s.uuid = @uuid
