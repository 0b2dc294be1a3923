-- +goose Up

-- +goose StatementBegin
create function uuid_v7(at timestamptz default clock_timestamp()) returns uuid
    language sql volatile strict parallel safe
    as $$
        select encode(
            substring(int8send(us / 1000) from 3)
                || int2send((28672 + us % 1000 * 4096 / 1000)::int2)
                || substring(uuid_send(gen_random_uuid()) from 9),
            'hex')::uuid
        from (select (extract(epoch from at) * 1000000)::bigint as us) t
    $$;
-- +goose StatementEnd
comment on function uuid_v7 is
    'A time-ordered UUID (RFC 9562, version 7) with microseconds in rand_a, so that rows sort by it as they sort by their creation. PostgreSQL 18 has its own; 15 to 17 do not.';

create table users (
    uuid uuid constraint users_pkey primary key default uuid_v7(),
    handle text not null
        constraint users_handle_check check (handle ~ '^[a-z0-9][a-z0-9_]{1,29}$'),
    display_name text not null
        constraint users_display_name_length_check check (char_length(display_name) between 1 and 50),
    bio text not null default ''
        constraint users_bio_length_check check (char_length(bio) <= 160),
    email text not null
        constraint users_email_length_check check (char_length(email) between 3 and 254),
    cognito_user_id text not null
        constraint users_cognito_user_id_length_check check (char_length(cognito_user_id) between 1 and 128)
        constraint users_cognito_user_id_key unique,
    default_ttl interval not null default '7 days'
        constraint users_default_ttl_check check (default_ttl between '1 hour' and '30 days'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index users_handle_key on users (lower(handle));
create unique index users_email_key on users (lower(email));

comment on table users is 'The members. A row exists from the confirmation of the account on.';
comment on column users.email is 'Never part of a public answer.';
comment on column users.cognito_user_id is 'The subject at the identity provider, Cognito or this database itself. Never part of a public answer.';
comment on column users.default_ttl is 'How long the member''s activities live when the form chooses nothing.';

create table activities (
    uuid uuid constraint activities_pkey primary key default uuid_v7(),
    user_uuid uuid not null
        constraint activities_user_uuid_fkey references users (uuid) on delete cascade,
    message text not null
        constraint activities_message_length_check
        check (char_length(message) between 1 and case when reply_to_activity_uuid is null then 280 else 1024 end),
    reply_to_activity_uuid uuid
        constraint activities_reply_to_activity_uuid_fkey references activities (uuid) on delete cascade,
    replies_count integer not null default 0
        constraint activities_replies_count_check check (replies_count >= 0),
    reposts_count integer not null default 0
        constraint activities_reposts_count_check check (reposts_count >= 0),
    likes_count integer not null default 0
        constraint activities_likes_count_check check (likes_count >= 0),
    expires_at timestamptz not null,
    created_at timestamptz not null default now(),
    constraint activities_life_check
        check (expires_at > created_at and expires_at <= created_at + interval '720 hours')
) with (
    -- What has expired leaves dead rows behind all day: collect them early, or newest-first reads
    -- must step over them.
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05
);
create index activities_home_idx on activities (uuid desc, expires_at) where reply_to_activity_uuid is null;
create index activities_user_idx on activities (user_uuid, uuid desc, expires_at);
create index activities_expires_at_idx on activities (expires_at);
create index activities_reply_to_activity_uuid_idx on activities (reply_to_activity_uuid) where reply_to_activity_uuid is not null;

comment on table activities is 'The cruds and replies, each with an end. Read through live_activities alone.';
comment on column activities.expires_at is 'From this instant on nobody sees the row; the sweeper deletes it soon after.';
comment on column activities.reply_to_activity_uuid is 'Null for a crud of its own. A reply goes with what it replies to.';

-- +goose StatementBegin
create function live_activities(now timestamptz) returns setof activities
    language sql stable parallel safe
    as $$ select a.* from activities a where a.expires_at > live_activities.now $$;
-- +goose StatementEnd
comment on function live_activities is
    'The visibility rule, in its one place: what has not expired at the given instant. Every reading statement goes through it; the planner inlines it, so it costs nothing.';

-- +goose Down
drop function live_activities;
drop table activities;
drop table users;
drop function uuid_v7;
