-- +goose Up

-- The foreign keys below need it, and who deletes a member locks users first and activities second.
lock table users in share row exclusive mode;

alter table activities
    add column root_uuid uuid,
    add column own_end boolean not null default false,
    add column hidden smallint not null default 0
        constraint activities_hidden_check check (hidden >= 0),
    -- Counters change often. With free space in each page such a change stays in the page and no index is written.
    set (fillfactor = 85);

with recursive thread as (
    select r.uuid, p.uuid as root_uuid
    from activities r
    join activities p on p.uuid = r.reply_to_activity_uuid
    where p.reply_to_activity_uuid is null
    union all
    select r.uuid, t.root_uuid
    from thread t
    join activities r on r.reply_to_activity_uuid = t.uuid
)
update activities a
set root_uuid = t.root_uuid
from thread t
where t.uuid = a.uuid;

update activities a
set replies_count = r.replies
from (
    select reply_to_activity_uuid, count(*) as replies
    from activities
    where reply_to_activity_uuid is not null
    group by 1
) r
where r.reply_to_activity_uuid = a.uuid;

-- The rows that are there are checked by the next migration, which lets readers read meanwhile.
alter table activities
    add constraint activities_root_uuid_check check ((root_uuid is null) = (reply_to_activity_uuid is null)) not valid,
    drop constraint activities_message_length_check,
    add constraint activities_message_length_check
        check (reply_to_activity_uuid is not null or char_length(message) between 1 and 280) not valid,
    add constraint activities_reply_length_check
        check (reply_to_activity_uuid is null or char_length(message) between 1 and 1024) not valid;

comment on column activities.replies_count is 'How many replies were ever made to it. What readers see is counted when they read; if this is 0, nothing need be counted.';
comment on column activities.root_uuid is 'The crud that began the conversation; null for that crud itself.';
comment on column activities.own_end is 'Whether the author of a reply chose its end. The other replies live with the thread: when the end of what they reply to moves, theirs moves along.';
comment on column activities.hidden is 'How many of its author and the authors of what it hangs on are suspended, each counted per activity. Only 0 is visible.';

create or replace function live_activities(now timestamptz) returns setof activities
    language sql stable parallel safe
    as $$ select a.* from activities a where a.expires_at > live_activities.now and a.hidden = 0 $$;
comment on function live_activities is
    'The visibility rule, in its one place: what has not expired at the given instant, and hangs on nobody who is suspended. Every reading statement uses it; the planner inlines it, so it costs nothing.';

-- +goose StatementBegin
create function shown_activities(now timestamptz)
    returns table (
        uuid uuid, user_uuid uuid, handle text, display_name text, message text, reply_to_activity_uuid uuid,
        root_uuid uuid, replies_count integer, reposts_count integer, likes_count integer,
        created_at timestamptz, expires_at timestamptz
    )
    language sql stable parallel safe
    as $$
        select
            a.uuid, a.user_uuid, u.handle, u.display_name, a.message, a.reply_to_activity_uuid,
            a.root_uuid,
            case
                when a.replies_count > 0 then (
                    select count(*)
                    from live_activities(shown_activities.now) r
                    where r.reply_to_activity_uuid = a.uuid
                )::integer
                else 0
            end,
            a.reposts_count, a.likes_count,
            a.created_at, a.expires_at
        from live_activities(shown_activities.now) a
        join users u on u.uuid = a.user_uuid
    $$;
-- +goose StatementEnd
comment on function shown_activities is
    'The live activities as pages and API show them: the one list of their columns. The planner inlines it. A statement that needs another column gets a function of another name, so that servers of the version before still find this one.';

create table likes (
    uuid uuid not null default uuid_v7(),
    activity_uuid uuid not null
        constraint likes_activity_uuid_fkey references activities (uuid) on delete cascade,
    user_uuid uuid not null
        constraint likes_user_uuid_fkey references users (uuid) on delete cascade,
    constraint likes_pkey primary key (activity_uuid, user_uuid)
);
create index likes_activity_idx on likes (activity_uuid, uuid desc);
create index likes_user_idx on likes (user_uuid, uuid desc);
comment on table likes is 'Who likes what. A like goes with its activity.';
comment on column likes.uuid is 'Contains the time of the like, so it is its place in a list.';

create table reposts (
    uuid uuid constraint reposts_pkey primary key default uuid_v7(),
    activity_uuid uuid not null
        constraint reposts_activity_uuid_fkey references activities (uuid) on delete cascade,
    user_uuid uuid not null
        constraint reposts_user_uuid_fkey references users (uuid) on delete cascade,
    constraint reposts_activity_uuid_user_uuid_key unique (activity_uuid, user_uuid)
);
create index reposts_user_idx on reposts (user_uuid, uuid desc);
create index reposts_activity_idx on reposts (activity_uuid, uuid desc);
comment on table reposts is 'Who shows what again to their followers. A repost goes with its activity.';
comment on column reposts.uuid is 'Contains the time of the repost, so it is its place in a feed.';

create table follows (
    uuid uuid not null default uuid_v7(),
    follower_uuid uuid not null
        constraint follows_follower_uuid_fkey references users (uuid) on delete cascade,
    followed_uuid uuid not null
        constraint follows_followed_uuid_fkey references users (uuid) on delete cascade,
    constraint follows_pkey primary key (follower_uuid, followed_uuid),
    constraint follows_self_check check (follower_uuid <> followed_uuid)
);
create index follows_follower_idx on follows (follower_uuid, uuid desc);
create index follows_followed_idx on follows (followed_uuid, uuid desc);
comment on table follows is 'Who reads whom. It holds no words, and goes with either member.';

-- What the suspended have written is hidden from here on.
with recursive hung as (
    select a.uuid
    from users u
    join activities a on a.user_uuid = u.uuid
    where u.suspended_at is not null
    union all
    select r.uuid
    from hung h
    join activities r on r.reply_to_activity_uuid = h.uuid
)
update activities a
set hidden = h.times
from (select uuid, count(*) as times from hung group by uuid) h
where h.uuid = a.uuid;

-- +goose Down
drop table follows;
drop table reposts;
drop table likes;
drop function shown_activities;
create or replace function live_activities(now timestamptz) returns setof activities
    language sql stable parallel safe
    as $$ select a.* from activities a where a.expires_at > live_activities.now $$;
comment on function live_activities is
    'The visibility rule, in its one place: what has not expired at the given instant. Every reading statement goes through it; the planner inlines it, so it costs nothing.';
alter table activities
    drop constraint activities_root_uuid_check,
    drop constraint activities_message_length_check,
    drop constraint activities_reply_length_check,
    add constraint activities_message_length_check
        check (char_length(message) between 1 and case when reply_to_activity_uuid is null then 280 else 1024 end),
    drop column root_uuid,
    drop column own_end,
    drop column hidden,
    reset (fillfactor);
comment on column activities.replies_count is null;
