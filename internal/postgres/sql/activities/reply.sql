-- Inserts a reply and returns it as a page would show it; no row if what it replies to is not visible, or its
-- author does not exist or is suspended. Called by the reply form and the API. Without a lifetime of its own
-- it ends when its parent ends, and with one no later. It is newer than its parent by any clock, so that a
-- thread can be read in the order of its uuids. An idempotency key works as in activities/create.
-- Called after activities/hold_root and activities/hold_counted, so the parent is the one of that moment. Tags
-- and words are stored as in activities/create. The author of the parent is told of the reply, and all others whom it
-- mentions of that; a repeated attempt, which may name another parent, tells nobody.
with parent as (
    update activities p
    set replies_count = p.replies_count + 1
    from users u
    where p.uuid = @parent_uuid::uuid
        and p.expires_at > @now::timestamptz
        and p.hidden = 0
        and u.uuid = @user_uuid::uuid
        and u.suspended_at is null
    returning
        p.uuid,
        coalesce(p.root_uuid, p.uuid) as root_uuid,
        p.user_uuid as author_uuid,
        p.expires_at,
        greatest(@now, p.created_at + interval '1 microsecond') as at
),

stored as (
    insert into activities (
        uuid, user_uuid, message, content_warning, idempotency_key, reply_to_activity_uuid, root_uuid, own_end,
        created_at, expires_at
    )
    select
        uuid_v7(p.at),
        @user_uuid,
        @message::text,
        @content_warning::text,
        @idempotency_key::text,
        p.uuid,
        p.root_uuid,
        @ttl::interval is not null,
        p.at,
        least(p.expires_at, p.at + @ttl)
    from parent p
    where p.at < p.expires_at
    on conflict (user_uuid, idempotency_key) where idempotency_key is not null
    do update set idempotency_key = excluded.idempotency_key
    returning
        uuid,
        user_uuid,
        message,
        reply_to_activity_uuid,
        root_uuid,
        replies_count,
        reposts_count,
        likes_count,
        created_at,
        expires_at,
        pictures_count,
        content_warning
),

searched as (
    insert into activity_search (activity_uuid, words)
    select
        s.uuid,
        @words::text::tsvector
    from stored s
    where s.message = @message
    on conflict do nothing
),

tagged as (
    insert into activity_tags (tag, activity_uuid)
    select
        t.tag,
        s.uuid
    from stored s
    cross join unnest(@tags::text[]) as t (tag)
    where s.message = @message
    on conflict do nothing
),

told as (
    insert into notifications (uuid, user_uuid, kind, activity_uuid)
    select
        s.uuid,
        t.uuid,
        t.kind,
        s.uuid
    from stored s
    join parent p on p.uuid = s.reply_to_activity_uuid
    cross join lateral (
        select
            p.author_uuid as uuid,
            'reply' as kind
        union all
        select
            u.uuid,
            'mention'
        from users u
        where lower(u.handle) = any (@mentions::text[])
            and u.uuid <> p.author_uuid
    ) t
    where s.message = @message
        and t.uuid <> s.user_uuid
    on conflict do nothing
)

select
    s.uuid,
    s.user_uuid,
    u.handle,
    u.display_name,
    s.message,
    s.reply_to_activity_uuid,
    s.root_uuid,
    case
        when s.replies_count > 0 then (
            select count(*)
            from live_activities(@now) r
            where r.reply_to_activity_uuid = s.uuid
        )::integer
        else 0
    end as replies_count,
    s.reposts_count,
    s.likes_count,
    s.created_at,
    s.expires_at,
    s.pictures_count,
    u.avatar_uuid,
    s.content_warning,
    u.silenced_at is not null as silenced
from stored s
join users u on u.uuid = s.user_uuid
