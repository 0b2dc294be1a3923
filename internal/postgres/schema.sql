-- Generated from the migrations by: cruddur db schema dump. Do not edit.
set local check_function_bodies = off;

CREATE FUNCTION public.uuid_v7(at timestamp with time zone DEFAULT clock_timestamp()) RETURNS uuid
    LANGUAGE sql STRICT PARALLEL SAFE
    AS $$
        select encode(
            substring(int8send(us / 1000) from 3)
                || int2send((28672 + us % 1000 * 4096 / 1000)::int2)
                || substring(uuid_send(gen_random_uuid()) from 9),
            'hex')::uuid
        from (select (extract(epoch from at) * 1000000)::bigint as us) t
    $$;

COMMENT ON FUNCTION public.uuid_v7(at timestamp with time zone) IS 'A time-ordered UUID (RFC 9562, version 7) with microseconds in rand_a, so that rows sort by it as they sort by their creation. PostgreSQL 18 has its own; 15 to 17 do not.';

CREATE TABLE public.activities (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    user_uuid uuid NOT NULL,
    message text NOT NULL,
    reply_to_activity_uuid uuid,
    replies_count integer DEFAULT 0 NOT NULL,
    reposts_count integer DEFAULT 0 NOT NULL,
    likes_count integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT activities_life_check CHECK (((expires_at > created_at) AND (expires_at <= (created_at + '720:00:00'::interval)))),
    CONSTRAINT activities_likes_count_check CHECK ((likes_count >= 0)),
    CONSTRAINT activities_message_length_check CHECK (((char_length(message) >= 1) AND (char_length(message) <=
CASE
    WHEN (reply_to_activity_uuid IS NULL) THEN 280
    ELSE 1024
END))),
    CONSTRAINT activities_replies_count_check CHECK ((replies_count >= 0)),
    CONSTRAINT activities_reposts_count_check CHECK ((reposts_count >= 0))
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05');

COMMENT ON TABLE public.activities IS 'The cruds and replies, each with an end. Read through live_activities alone.';

COMMENT ON COLUMN public.activities.reply_to_activity_uuid IS 'Null for a crud of its own. A reply goes with what it replies to.';

COMMENT ON COLUMN public.activities.expires_at IS 'From this instant on nobody sees the row; the sweeper deletes it soon after.';

CREATE FUNCTION public.live_activities(now timestamp with time zone) RETURNS SETOF public.activities
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select a.* from activities a where a.expires_at > live_activities.now $$;

COMMENT ON FUNCTION public.live_activities(now timestamp with time zone) IS 'The visibility rule, in its one place: what has not expired at the given instant. Every reading statement goes through it; the planner inlines it, so it costs nothing.';

CREATE TABLE public.schema_information (
    single boolean DEFAULT true NOT NULL,
    environment text NOT NULL,
    protected boolean NOT NULL,
    marked_at timestamp with time zone DEFAULT now() NOT NULL,
    marked_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT schema_information_environment_check CHECK ((environment ~ '^[a-z0-9][a-z0-9_-]{0,39}$'::text)),
    CONSTRAINT schema_information_marked_by_length_check CHECK ((char_length(marked_by) <= 63)),
    CONSTRAINT schema_information_single_check CHECK (single)
);

COMMENT ON TABLE public.schema_information IS 'What this database says of itself: the environment it serves and whether a command that destroys must ask first. One row, or none as long as no operator has marked it. Written by cruddur db.';

CREATE TABLE public.schema_migrations (
    version bigint NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    milliseconds bigint NOT NULL
);

COMMENT ON TABLE public.schema_migrations IS 'Which migrations are applied, and the SHA-256 of each file as it was applied. Written by cruddur db migrate.';

CREATE TABLE public.users (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    handle text NOT NULL,
    display_name text NOT NULL,
    bio text DEFAULT ''::text NOT NULL,
    email text NOT NULL,
    cognito_user_id text NOT NULL,
    default_ttl interval DEFAULT '7 days'::interval NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT users_bio_length_check CHECK ((char_length(bio) <= 160)),
    CONSTRAINT users_cognito_user_id_length_check CHECK (((char_length(cognito_user_id) >= 1) AND (char_length(cognito_user_id) <= 128))),
    CONSTRAINT users_default_ttl_check CHECK (((default_ttl >= '01:00:00'::interval) AND (default_ttl <= '30 days'::interval))),
    CONSTRAINT users_display_name_length_check CHECK (((char_length(display_name) >= 1) AND (char_length(display_name) <= 50))),
    CONSTRAINT users_email_length_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 254))),
    CONSTRAINT users_handle_check CHECK ((handle ~ '^[a-z0-9][a-z0-9_]{1,29}$'::text))
);

COMMENT ON TABLE public.users IS 'The members. A row exists from the confirmation of the account on.';

COMMENT ON COLUMN public.users.email IS 'Never part of a public answer.';

COMMENT ON COLUMN public.users.cognito_user_id IS 'The subject at the identity provider, Cognito or this database itself. Never part of a public answer.';

COMMENT ON COLUMN public.users.default_ttl IS 'How long the member''s activities live when the form chooses nothing.';

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.schema_information
    ADD CONSTRAINT schema_information_pkey PRIMARY KEY (single);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_cognito_user_id_key UNIQUE (cognito_user_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (uuid);

CREATE INDEX activities_expires_at_idx ON public.activities USING btree (expires_at);

CREATE INDEX activities_home_idx ON public.activities USING btree (uuid DESC, expires_at) WHERE (reply_to_activity_uuid IS NULL);

CREATE INDEX activities_reply_to_activity_uuid_idx ON public.activities USING btree (reply_to_activity_uuid) WHERE (reply_to_activity_uuid IS NOT NULL);

CREATE INDEX activities_user_idx ON public.activities USING btree (user_uuid, uuid DESC, expires_at);

CREATE UNIQUE INDEX users_email_key ON public.users USING btree (lower(email));

CREATE UNIQUE INDEX users_handle_key ON public.users USING btree (lower(handle));

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_reply_to_activity_uuid_fkey FOREIGN KEY (reply_to_activity_uuid) REFERENCES public.activities(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

insert into public.schema_migrations (version, name, checksum, milliseconds) values
    (1, '00001_users_and_activities.sql', '08998f28aa74aa91ce4662513d03556210e60b357229d75a6a1e5ab2bd3db1a5', 0),
    (3, '00003_schema_information.sql', 'adfcc8c5fceb6b7371ab41cfd2ee59bcd53839ada61a7c870741b38809fe930c', 0);
