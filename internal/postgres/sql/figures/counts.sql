-- How many members there are, how many of them are suspended, how many have used the pages or a program in the last
-- seven days, how many cruds and replies are alive, and the size of the database in bytes. Called by the operator's
-- page, which keeps the answer for half a minute: the counts read an index each.
select
    (select count(*) from users) as members_count,
    (select count(*) from users where suspended_at is not null) as suspended_count,
    (
        select count(distinct s.user_uuid)
        from live_sessions(@now::timestamptz) s
        where s.last_used_at > @now - interval '7 days'
    ) as active_count,
    (select count(*) from live_activities(@now) a where a.reply_to_activity_uuid is null) as cruds_count,
    (select count(*) from live_activities(@now) a where a.reply_to_activity_uuid is not null) as replies_count,
    pg_database_size(current_database()) as bytes
