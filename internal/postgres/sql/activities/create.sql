-- Inserts a crud and returns it as the feed would show it; no row if the author does not exist or is
-- suspended. Called by the compose form and the API. Without a lifetime the member's default is used. If the
-- author has already posted with the same idempotency key, nothing is inserted and that crud is returned,
-- which may have expired meanwhile. Carried by activities_idempotency_key. The author's row is locked, so that
-- a suspension at the same time either prevents the crud or hides it. Its tags and words (cruddur.Hashtags,
-- cruddur.Words) are stored in the same statement, and those whom it mentions are told; a crud that was there already
-- keeps what it has. The mentioned are locked as their author is, so that none is deleted meanwhile.
with stored as (
    insert into activities (uuid, user_uuid, message, content_warning, idempotency_key, created_at, expires_at)
    select
        uuid_v7(@now::timestamptz),
        u.uuid,
        @message::text,
        @content_warning::text,
        @idempotency_key::text,
        @now::timestamptz,
        @now::timestamptz + coalesce(@ttl::interval, u.default_ttl)
    from users u
    where u.uuid = @user_uuid::uuid
        and u.suspended_at is null
    for key share of u
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

mentioned as materialized (
    select u.uuid
    from users u
    where lower(u.handle) = any (@mentions::text[])
    for key share of u
),

told as (
    insert into notifications (uuid, user_uuid, kind, activity_uuid)
    select
        s.uuid,
        m.uuid,
        'mention',
        s.uuid
    from stored s
    cross join mentioned m
    where s.message = @message
        and m.uuid <> s.user_uuid
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
