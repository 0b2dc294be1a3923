-- Generated from the migrations by: cruddur db schema dump. Do not edit.
set local check_function_bodies = off;

CREATE FUNCTION public.audit_log_is_final() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        raise exception 'a row of audit_log cannot be changed';
    end
    $$;

CREATE FUNCTION public.displayed_activities(now timestamp with time zone) RETURNS TABLE(uuid uuid, user_uuid uuid, handle text, display_name text, message text, reply_to_activity_uuid uuid, root_uuid uuid, replies_count integer, reposts_count integer, likes_count integer, created_at timestamp with time zone, expires_at timestamp with time zone, pictures_count smallint, avatar_uuid uuid, content_warning text, silenced boolean)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select
            a.uuid, a.user_uuid, u.handle, u.display_name, a.message, a.reply_to_activity_uuid,
            a.root_uuid,
            case
                when a.replies_count > 0 then (
                    select count(*)
                    from live_activities(displayed_activities.now) r
                    where r.reply_to_activity_uuid = a.uuid
                )::integer
                else 0
            end,
            a.reposts_count, a.likes_count,
            a.created_at, a.expires_at,
            a.pictures_count, u.avatar_uuid, a.content_warning, u.silenced_at is not null
        from live_activities(displayed_activities.now) a
        join users u on u.uuid = a.user_uuid
    $$;

COMMENT ON FUNCTION public.displayed_activities(now timestamp with time zone) IS 'The live activities as pages and API show them: the one list of their columns. The planner inlines it. A statement that needs another column gets a function of another name, so that servers of the version before still find this one. (The version before calls presented_activities.)';

CREATE FUNCTION public.follow_group_end(at timestamp with time zone) RETURNS timestamp with time zone
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    AS $$ select date_trunc('day', at, 'UTC') + interval '720 hours' $$;

COMMENT ON FUNCTION public.follow_group_end(at timestamp with time zone) IS 'When those are told no more who began to follow a member on the day (in UTC) of this instant: thirty days after that day began. It also names the group.';

CREATE FUNCTION public.ignored_members(viewer_uuid uuid, now timestamp with time zone) RETURNS SETOF uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select b.blocked_uuid from blocks b where b.blocker_uuid = ignored_members.viewer_uuid
        union all
        select b.blocker_uuid from blocks b where b.blocked_uuid = ignored_members.viewer_uuid
        union all
        select m.muted_uuid from mutes m
        where m.muter_uuid = ignored_members.viewer_uuid and (m.ends_at is null or m.ends_at > ignored_members.now)
    $$;

COMMENT ON FUNCTION public.ignored_members(viewer_uuid uuid, now timestamp with time zone) IS 'Whom a member does not see at the given instant: blocked by them, blocking them, or muted by them. The planner inlines it.';

CREATE FUNCTION public.ignores_anybody(user_uuid uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select exists (select from blocks b where b.blocker_uuid = ignores_anybody.user_uuid)
            or exists (select from blocks b where b.blocked_uuid = ignores_anybody.user_uuid)
            or exists (select from mutes m where m.muter_uuid = ignores_anybody.user_uuid)
    $$;

COMMENT ON FUNCTION public.ignores_anybody(user_uuid uuid) IS 'Whether there may be somebody whom a member does not see. It spares the requests of everybody else a query.';

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
    idempotency_key text,
    root_uuid uuid,
    own_end boolean DEFAULT false NOT NULL,
    hidden smallint DEFAULT 0 NOT NULL,
    pictures_count smallint DEFAULT 0 NOT NULL,
    content_warning text,
    CONSTRAINT activities_content_warning_length_check CHECK (((char_length(content_warning) >= 1) AND (char_length(content_warning) <= 100))),
    CONSTRAINT activities_hidden_check CHECK ((hidden >= 0)),
    CONSTRAINT activities_idempotency_key_length_check CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 64))),
    CONSTRAINT activities_life_check CHECK (((expires_at > created_at) AND (expires_at <= (created_at + '720:00:00'::interval)))),
    CONSTRAINT activities_likes_count_check CHECK ((likes_count >= 0)),
    CONSTRAINT activities_message_length_check CHECK (((reply_to_activity_uuid IS NOT NULL) OR ((char_length(message) >= 1) AND (char_length(message) <= 280)))),
    CONSTRAINT activities_replies_count_check CHECK ((replies_count >= 0)),
    CONSTRAINT activities_reply_length_check CHECK (((reply_to_activity_uuid IS NULL) OR ((char_length(message) >= 1) AND (char_length(message) <= 1024)))),
    CONSTRAINT activities_reposts_count_check CHECK ((reposts_count >= 0)),
    CONSTRAINT activities_root_uuid_check CHECK (((root_uuid IS NULL) = (reply_to_activity_uuid IS NULL)))
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05', fillfactor='85');

COMMENT ON TABLE public.activities IS 'The cruds and replies, each with an end. Read through live_activities alone.';

COMMENT ON COLUMN public.activities.reply_to_activity_uuid IS 'Null for a crud of its own. A reply goes with what it replies to.';

COMMENT ON COLUMN public.activities.replies_count IS 'How many replies were ever made to it. What readers see is counted when they read; if this is 0, nothing need be counted.';

COMMENT ON COLUMN public.activities.expires_at IS 'From this instant on nobody sees the row; the sweeper deletes it soon after.';

COMMENT ON COLUMN public.activities.idempotency_key IS 'What its author''s form or program called the attempt to post it: a second attempt of that name makes no second row. It goes with the row. Null: nothing was said.';

COMMENT ON COLUMN public.activities.root_uuid IS 'The crud that began the conversation; null for that crud itself.';

COMMENT ON COLUMN public.activities.own_end IS 'Whether the author of a reply chose its end. The other replies live with the thread: when the end of what they reply to moves, theirs moves along.';

COMMENT ON COLUMN public.activities.hidden IS 'How many of its author and the authors of what it hangs on are suspended, each counted per activity. Only 0 is visible.';

COMMENT ON COLUMN public.activities.pictures_count IS 'How many pictures it was posted with. If this is 0, none need be looked for.';

COMMENT ON COLUMN public.activities.content_warning IS 'What a page shows instead of the text and the pictures until its reader wants to see them; null: nothing is hidden.';

CREATE FUNCTION public.live_activities(now timestamp with time zone) RETURNS SETOF public.activities
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select a.* from activities a where a.expires_at > live_activities.now and a.hidden = 0 $$;

COMMENT ON FUNCTION public.live_activities(now timestamp with time zone) IS 'The visibility rule, in its one place: what has not expired at the given instant, and hangs on nobody who is suspended. Every reading statement uses it; the planner inlines it, so it costs nothing.';

CREATE TABLE public.cases (
    uuid uuid NOT NULL,
    kind text NOT NULL,
    target_uuid uuid NOT NULL,
    member_uuid uuid,
    handle text NOT NULL,
    opened_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT cases_handle_length_check CHECK (((char_length(handle) >= 2) AND (char_length(handle) <= 30))),
    CONSTRAINT cases_kind_check CHECK ((kind = ANY (ARRAY['activity'::text, 'message'::text, 'member'::text]))),
    CONSTRAINT cases_life_check CHECK (((expires_at > opened_at) AND (expires_at <= (opened_at + '720:00:00'::interval))))
);

COMMENT ON TABLE public.cases IS 'What members have reported and no moderator has closed yet; all reports of one thing are one case. Closing a case deletes it with all that hangs on it. Read through live_cases alone.';

COMMENT ON COLUMN public.cases.target_uuid IS 'What is reported. No foreign key: the case outlives it.';

COMMENT ON COLUMN public.cases.member_uuid IS 'Whom the case is about; null: the account is deleted.';

COMMENT ON COLUMN public.cases.handle IS 'The handle of that member when the case was opened.';

COMMENT ON COLUMN public.cases.expires_at IS 'Thirty days after it was opened; then it goes even if no moderator has looked at it.';

CREATE FUNCTION public.live_cases(moderator_uuid uuid, now timestamp with time zone) RETURNS SETOF public.cases
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select c.*
        from cases c
        where c.expires_at > live_cases.now
            and may_moderate(live_cases.moderator_uuid, c.member_uuid)
    $$;

COMMENT ON FUNCTION public.live_cases(moderator_uuid uuid, now timestamp with time zone) IS 'The cases that somebody may see and handle at the given instant: the rule in its one place. Every statement that reads a case, its reports or its evidence uses it.';

CREATE FUNCTION public.live_conversations(viewer_uuid uuid, now timestamp with time zone) RETURNS TABLE(uuid uuid, other_uuid uuid, handle text, display_name text, timer interval, timer_changed_by uuid, timer_changed_at timestamp with time zone, request boolean, waits boolean, muted boolean, unanswered smallint, read_uuid uuid, last_uuid uuid, last_at timestamp with time zone, created_at timestamp with time zone)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select
            s.uuid, s.other_uuid, o.handle, o.display_name,
            s.timer, s.timer_changed_by, s.timer_changed_at,
            not s.accepted and not exists (
                select from follows f
                where f.follower_uuid = live_conversations.viewer_uuid and f.followed_uuid = s.other_uuid
            ),
            not s.other_accepted and not exists (
                select from follows f
                where f.follower_uuid = s.other_uuid and f.followed_uuid = live_conversations.viewer_uuid
            ),
            exists (
                select from mutes m
                where m.muter_uuid = live_conversations.viewer_uuid and m.muted_uuid = s.other_uuid
                    and (m.ends_at is null or m.ends_at > live_conversations.now)
            ),
            s.unanswered,
            s.read_uuid, s.last_uuid, s.last_at, s.created_at
        from (
            select
                c.uuid, c.second_uuid as other_uuid, c.timer, c.timer_changed_by, c.timer_changed_at,
                c.first_accepted as accepted, c.second_accepted as other_accepted, c.unanswered,
                c.first_read_uuid as read_uuid, c.last_uuid, c.last_at, c.created_at, c.expires_at
            from conversations c
            where c.first_uuid = live_conversations.viewer_uuid
            union all
            select
                c.uuid, c.first_uuid, c.timer, c.timer_changed_by, c.timer_changed_at,
                c.second_accepted, c.first_accepted, c.unanswered,
                c.second_read_uuid, c.last_uuid, c.last_at, c.created_at, c.expires_at
            from conversations c
            where c.second_uuid = live_conversations.viewer_uuid
        ) s
        join reachable_members(live_conversations.viewer_uuid) o on o.uuid = s.other_uuid
        where s.expires_at > live_conversations.now
    $$;

COMMENT ON FUNCTION public.live_conversations(viewer_uuid uuid, now timestamp with time zone) IS 'The conversations that a member has at the given instant, as they see them: the rule who may read what, in its one place. request: it waits for the member''s answer; waits: for the other''s. The planner inlines it.';

CREATE TABLE public.invitations (
    uuid uuid NOT NULL,
    token_hash bytea NOT NULL,
    note text NOT NULL,
    uses integer NOT NULL,
    used integer DEFAULT 0 NOT NULL,
    created_by text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT invitations_created_by_length_check CHECK (((char_length(created_by) >= 1) AND (char_length(created_by) <= 64))),
    CONSTRAINT invitations_note_length_check CHECK ((char_length(note) <= 100)),
    CONSTRAINT invitations_token_hash_length_check CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT invitations_used_check CHECK (((used >= 0) AND (used <= uses))),
    CONSTRAINT invitations_uses_check CHECK (((uses >= 1) AND (uses <= 10000)))
);

COMMENT ON TABLE public.invitations IS 'Links by which people may become members. A row is deleted at its end, and when the host withdraws it.';

COMMENT ON COLUMN public.invitations.token_hash IS 'The SHA-256 of what the link holds.';

CREATE FUNCTION public.live_invitations(now timestamp with time zone) RETURNS SETOF public.invitations
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select i.*
        from invitations i
        where i.expires_at > live_invitations.now
    $$;

COMMENT ON FUNCTION public.live_invitations(now timestamp with time zone) IS 'The invitations that hold at the given instant, used up or not. The planner inlines it.';

CREATE TABLE public.messages (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    conversation_uuid uuid NOT NULL,
    user_uuid uuid NOT NULL,
    message text NOT NULL,
    idempotency_key text,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT messages_idempotency_key_length_check CHECK (((char_length(idempotency_key) >= 1) AND (char_length(idempotency_key) <= 64))),
    CONSTRAINT messages_life_check CHECK (((expires_at > created_at) AND (expires_at <= (created_at + '720:00:00'::interval)))),
    CONSTRAINT messages_message_length_check CHECK (((char_length(message) >= 1) AND (char_length(message) <= 1024)))
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_threshold='1000', autovacuum_vacuum_cost_delay='0', autovacuum_analyze_scale_factor='0.05');

COMMENT ON TABLE public.messages IS 'Private messages, each with an end. Read through live_messages and messages_in, which know who reads.';

COMMENT ON COLUMN public.messages.user_uuid IS 'Who has sent it: one of the two.';

COMMENT ON COLUMN public.messages.idempotency_key IS 'As activities.idempotency_key.';

COMMENT ON COLUMN public.messages.expires_at IS 'From this instant on nobody sees the row; the sweeper deletes it soon after. Set by the timer of the conversation when it was sent.';

CREATE FUNCTION public.live_messages(viewer_uuid uuid, now timestamp with time zone) RETURNS SETOF public.messages
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select m.*
        from live_conversations(live_messages.viewer_uuid, live_messages.now) c
        join messages m on m.conversation_uuid = c.uuid
        where m.expires_at > live_messages.now
    $$;

COMMENT ON FUNCTION public.live_messages(viewer_uuid uuid, now timestamp with time zone) IS 'All messages that a member may read at the given instant: alive, and in a conversation of live_conversations. The planner inlines it.';

CREATE FUNCTION public.live_notifications(viewer_uuid uuid, now timestamp with time zone) RETURNS TABLE(uuid uuid, kind text, activity_uuid uuid, expires_at timestamp with time zone, newest_uuid uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select n.uuid, n.kind, n.activity_uuid, n.expires_at, e.uuid
        from notifications n
        cross join lateral (
            select e.uuid
            from notification_events(live_notifications.viewer_uuid, n.kind, n.activity_uuid, n.expires_at, live_notifications.now, 1) e
            limit 1
        ) e
        where n.user_uuid = live_notifications.viewer_uuid
    $$;

COMMENT ON FUNCTION public.live_notifications(viewer_uuid uuid, now timestamp with time zone) IS 'The visibility rule of notifications: those of a member of which something may be seen at the given instant, with the newest of it. Every reading statement uses it; the planner inlines it.';

CREATE TABLE public.pictures (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    user_uuid uuid NOT NULL,
    kind text NOT NULL,
    activity_uuid uuid,
    "position" smallint DEFAULT 0 NOT NULL,
    used boolean DEFAULT false NOT NULL,
    alt text DEFAULT ''::text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    color text NOT NULL,
    extension text NOT NULL,
    bytes integer NOT NULL,
    content_hash bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT pictures_activity_uuid_check CHECK (((activity_uuid IS NOT NULL) = (used AND (kind = 'crud'::text)))),
    CONSTRAINT pictures_alt_length_check CHECK ((char_length(alt) <= 1500)),
    CONSTRAINT pictures_bytes_check CHECK ((bytes > 0)),
    CONSTRAINT pictures_color_check CHECK ((color ~ '^#[0-9a-f]{6}$'::text)),
    CONSTRAINT pictures_content_hash_length_check CHECK ((octet_length(content_hash) = 32)),
    CONSTRAINT pictures_extension_check CHECK ((extension = ANY (ARRAY['jpg'::text, 'png'::text]))),
    CONSTRAINT pictures_height_check CHECK (((height >= 1) AND (height <= 1200))),
    CONSTRAINT pictures_kind_check CHECK ((kind = ANY (ARRAY['crud'::text, 'avatar'::text, 'banner'::text]))),
    CONSTRAINT pictures_position_check CHECK ((("position" >= 0) AND ("position" <= 3))),
    CONSTRAINT pictures_width_check CHECK (((width >= 1) AND (width <= 1200)))
);

COMMENT ON TABLE public.pictures IS 'What members show: pictures of cruds, avatars, banners. The picture of a crud goes with it, the others with their member, and one that is not used goes after an hour. Read through live_pictures alone.';

COMMENT ON COLUMN public.pictures.activity_uuid IS 'The crud or reply that shows it; null for avatars and banners, and for what was not posted yet.';

COMMENT ON COLUMN public.pictures.used IS 'Whether it is shown: by a crud, or as the avatar or banner of its member. Only its owner sees one that is not.';

COMMENT ON COLUMN public.pictures.color IS 'The mean colour, shown until the picture has come.';

COMMENT ON COLUMN public.pictures.bytes IS 'How long both sizes are together, in whichever store they are.';

COMMENT ON COLUMN public.pictures.content_hash IS 'The SHA-256 of the large size.';

CREATE FUNCTION public.live_pictures(now timestamp with time zone) RETURNS SETOF public.pictures
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select p.*
        from pictures p
        where p.used
            and case
                when p.kind = 'crud' then exists (
                    select
                    from live_activities(live_pictures.now) a
                    where a.uuid = p.activity_uuid
                )
                else exists (
                    select
                    from users u
                    where u.uuid = p.user_uuid
                        and u.suspended_at is null
                        and p.uuid in (u.avatar_uuid, u.banner_uuid)
                )
            end
    $$;

COMMENT ON FUNCTION public.live_pictures(now timestamp with time zone) IS 'The pictures that anybody may see at the given instant: those of live activities, and the avatars and banners of members who are not suspended. Every reading statement uses it; the planner inlines it.';

CREATE TABLE public.sessions (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    user_uuid uuid NOT NULL,
    token_hash bytea NOT NULL,
    user_agent text DEFAULT ''::text NOT NULL,
    address text DEFAULT ''::text NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT sessions_address_length_check CHECK ((char_length(address) <= 64)),
    CONSTRAINT sessions_token_hash_length_check CHECK ((octet_length(token_hash) = 32)),
    CONSTRAINT sessions_user_agent_length_check CHECK ((char_length(user_agent) <= 256))
);

COMMENT ON TABLE public.sessions IS 'The browsers that are signed in, whichever identity provider is chosen. Only the SHA-256 of the cookie is kept. Read it only through live_sessions.';

CREATE FUNCTION public.live_sessions(now timestamp with time zone) RETURNS SETOF public.sessions
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select s.* from sessions s where not session_ended(s.last_used_at, s.created_at, live_sessions.now) $$;

COMMENT ON FUNCTION public.live_sessions(now timestamp with time zone) IS 'The sessions that have not ended at the given instant. Every reading statement uses it; the planner inlines it, so it costs nothing.';

CREATE FUNCTION public.may_moderate(moderator_uuid uuid, member_uuid uuid) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select may_moderate.moderator_uuid is null or exists (
            select
            from users a
            left join users m on m.uuid = may_moderate.member_uuid
            where a.uuid = may_moderate.moderator_uuid
                and a.suspended_at is null
                and a.uuid is distinct from may_moderate.member_uuid
                and (a.role = 'operator' or a.role = 'moderator' and coalesce(m.role, 'member') = 'member')
        )
    $$;

COMMENT ON FUNCTION public.may_moderate(moderator_uuid uuid, member_uuid uuid) IS 'Whether somebody may act on a member and handle cases about them: cruddur.Moderator.May says the same. A null moderator is whoever runs the commands of the program; a null member is one whose account is deleted.';

CREATE FUNCTION public.messages_in(viewer_uuid uuid, conversation_uuid uuid, now timestamp with time zone) RETURNS SETOF public.messages
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select m.*
        from messages m
        where m.conversation_uuid = (
                select c.uuid
                from live_conversations(messages_in.viewer_uuid, messages_in.now) c
                where c.uuid = messages_in.conversation_uuid
            )
            and m.expires_at > messages_in.now
    $$;

COMMENT ON FUNCTION public.messages_in(viewer_uuid uuid, conversation_uuid uuid, now timestamp with time zone) IS 'live_messages of one conversation, in a form in which the newest are read from messages_conversation_idx without a sort. The planner inlines it.';

CREATE FUNCTION public.notification_events(viewer_uuid uuid, kind text, activity_uuid uuid, expires_at timestamp with time zone, now timestamp with time zone, most bigint) RETURNS TABLE(uuid uuid, user_uuid uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select a.uuid, a.user_uuid
        from live_activities(notification_events.now) a
        where notification_events.kind in ('reply', 'mention')
            and a.uuid = notification_events.activity_uuid
            and a.user_uuid <> all (array(select i from ignored_members(notification_events.viewer_uuid, notification_events.now) i))
        union all
        (
            select l.uuid, l.user_uuid
            from live_activities(notification_events.now) a
            join likes l on l.activity_uuid = a.uuid
            join users u on u.uuid = l.user_uuid
            where notification_events.kind = 'like'
                and a.uuid = notification_events.activity_uuid
                and l.user_uuid <> notification_events.viewer_uuid
                and u.suspended_at is null
                and l.user_uuid <> all (array(select i from ignored_members(notification_events.viewer_uuid, notification_events.now) i))
            order by l.uuid desc
            limit notification_events.most
        )
        union all
        (
            select r.uuid, r.user_uuid
            from live_activities(notification_events.now) a
            join reposts r on r.activity_uuid = a.uuid
            join users u on u.uuid = r.user_uuid
            where notification_events.kind = 'repost'
                and a.uuid = notification_events.activity_uuid
                and r.user_uuid <> notification_events.viewer_uuid
                and u.suspended_at is null
                and r.user_uuid <> all (array(select i from ignored_members(notification_events.viewer_uuid, notification_events.now) i))
            order by r.uuid desc
            limit notification_events.most
        )
        union all
        (
            select f.uuid, f.follower_uuid
            from follows f
            join users u on u.uuid = f.follower_uuid
            where notification_events.kind = 'follow'
                and notification_events.expires_at > notification_events.now
                and f.followed_uuid = notification_events.viewer_uuid
                and f.uuid >= uuid_v7_first(notification_events.expires_at - interval '720 hours')
                and f.uuid < uuid_v7_first(notification_events.expires_at - interval '696 hours')
                and u.suspended_at is null
                and f.follower_uuid <> all (array(select i from ignored_members(notification_events.viewer_uuid, notification_events.now) i))
            order by f.uuid desc
            limit notification_events.most
        )
    $$;

COMMENT ON FUNCTION public.notification_events(viewer_uuid uuid, kind text, activity_uuid uuid, expires_at timestamp with time zone, now timestamp with time zone, most bigint) IS 'The newest of what a notification tells its member and the member may see at the given instant, with who did it: by nobody who is suspended or ignored, and about an activity that is alive. The planner inlines it.';

CREATE FUNCTION public.presented_activities(now timestamp with time zone) RETURNS TABLE(uuid uuid, user_uuid uuid, handle text, display_name text, message text, reply_to_activity_uuid uuid, root_uuid uuid, replies_count integer, reposts_count integer, likes_count integer, created_at timestamp with time zone, expires_at timestamp with time zone, pictures_count smallint, avatar_uuid uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select
            a.uuid, a.user_uuid, u.handle, u.display_name, a.message, a.reply_to_activity_uuid,
            a.root_uuid,
            case
                when a.replies_count > 0 then (
                    select count(*)
                    from live_activities(presented_activities.now) r
                    where r.reply_to_activity_uuid = a.uuid
                )::integer
                else 0
            end,
            a.reposts_count, a.likes_count,
            a.created_at, a.expires_at,
            a.pictures_count, u.avatar_uuid
        from live_activities(presented_activities.now) a
        join users u on u.uuid = a.user_uuid
    $$;

COMMENT ON FUNCTION public.presented_activities(now timestamp with time zone) IS 'The live activities as pages and API show them: the one list of their columns. The planner inlines it. A statement that needs another column gets a function of another name, so that servers of the version before still find this one. (The version before calls shown_activities.)';

CREATE FUNCTION public.reachable_members(viewer_uuid uuid) RETURNS TABLE(uuid uuid, handle text, display_name text)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select u.uuid, u.handle, u.display_name
        from users u
        where u.suspended_at is null
            and u.uuid <> reachable_members.viewer_uuid
            and not exists (
                select from blocks b
                where b.blocker_uuid = reachable_members.viewer_uuid and b.blocked_uuid = u.uuid
            )
            and not exists (
                select from blocks b
                where b.blocker_uuid = u.uuid and b.blocked_uuid = reachable_members.viewer_uuid
            )
    $$;

COMMENT ON FUNCTION public.reachable_members(viewer_uuid uuid) IS 'With whom a member can talk: everybody else who is not suspended, and where neither has blocked the other. The planner inlines it.';

CREATE FUNCTION public.session_ended(last_used_at timestamp with time zone, created_at timestamp with time zone, now timestamp with time zone) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ select last_used_at <= now - interval '14 days' or created_at <= now - interval '90 days' $$;

COMMENT ON FUNCTION public.session_ended(last_used_at timestamp with time zone, created_at timestamp with time zone, now timestamp with time zone) IS 'Whether a browser''s session has ended: after 14 idle days, or 90 days after it began. The only place of this rule. The planner inlines the function.';

CREATE FUNCTION public.shown_activities(now timestamp with time zone) RETURNS TABLE(uuid uuid, user_uuid uuid, handle text, display_name text, message text, reply_to_activity_uuid uuid, root_uuid uuid, replies_count integer, reposts_count integer, likes_count integer, created_at timestamp with time zone, expires_at timestamp with time zone)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
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

COMMENT ON FUNCTION public.shown_activities(now timestamp with time zone) IS 'The live activities as pages and API show them: the one list of their columns. The planner inlines it. A statement that needs another column gets a function of another name, so that servers of the version before still find this one.';

CREATE FUNCTION public.tell_blocked() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        insert into changes (kind, subject_uuid, object_uuid) values ('parted', new.blocker_uuid, new.blocked_uuid);
        return null;
    end
    $$;

CREATE FUNCTION public.tell_cut_off() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        insert into changes (kind, subject_uuid)
        select 'access', u.uuid
        from (select 1) always
        left join users u on u.cognito_user_id = new.key
        where u.uuid is not null
            or new.key like 'family %';
        return null;
    end
    $$;

CREATE FUNCTION public.tell_deleted_activity() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        if exists (select from users u where u.uuid = old.user_uuid)
            and (old.reply_to_activity_uuid is null or exists (select from activities p where p.uuid = old.reply_to_activity_uuid))
        then
            perform tell_gone(old.uuid);
        end if;
        return old;
    end
    $$;

CREATE FUNCTION public.tell_deleted_member() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        insert into changes (kind, subject_uuid, handle, members)
        values ('deleted', old.uuid, old.handle, array(
            select b.blocked_uuid from blocks b where b.blocker_uuid = old.uuid
            union
            select b.blocker_uuid from blocks b where b.blocked_uuid = old.uuid
        ));
        return old;
    end
    $$;

CREATE FUNCTION public.tell_ended_session() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        insert into changes (kind, subject_uuid) values ('access', old.user_uuid);
        return null;
    end
    $$;

CREATE FUNCTION public.tell_ended_tokens() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        insert into changes (kind, subject_uuid)
        select 'access', u.uuid
        from users u
        where u.cognito_user_id = old.account_uuid::text;
        return null;
    end
    $$;

CREATE FUNCTION public.tell_gone(top uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$
    begin
        insert into changes (kind, subject_uuid, members)
        with recursive above as (
            select a.user_uuid, a.reply_to_activity_uuid
            from activities a
            where a.uuid = tell_gone.top
            union all
            select p.user_uuid, p.reply_to_activity_uuid
            from above u
            join activities p on p.uuid = u.reply_to_activity_uuid
        ),

        whole (uuid, members) as (
            select tell_gone.top, array(select distinct u.user_uuid from above u)
            union all
            select r.uuid, case when r.user_uuid = any(w.members) then w.members else w.members || r.user_uuid end
            from whole w
            join activities r on r.reply_to_activity_uuid = w.uuid
            where r.expires_at > now()
                and r.hidden = 0
        )

        select 'gone', w.uuid, w.members
        from whole w;
    end
    $$;

COMMENT ON FUNCTION public.tell_gone(top uuid) IS 'Tells the readers of changes that an activity is gone, with what hangs on it and lives.';

CREATE FUNCTION public.tell_member() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        if new.suspended_at is not null and old.suspended_at is null then
            insert into changes (kind, subject_uuid) values ('hidden', new.uuid);
        end if;
        if new.silenced_at is not null and old.silenced_at is null then
            insert into changes (kind, subject_uuid) values ('silenced', new.uuid);
        end if;
        return null;
    end
    $$;

CREATE FUNCTION public.tell_moved_end() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        if new.expires_at > now() then
            insert into changes (kind, subject_uuid) values ('counts', new.uuid);
        else
            perform tell_gone(new.uuid);
        end if;
        return null;
    end
    $$;

CREATE FUNCTION public.tell_muted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        insert into changes (kind, subject_uuid, object_uuid) values ('muted', new.muter_uuid, new.muted_uuid);
        return null;
    end
    $$;

CREATE FUNCTION public.tell_place() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
    begin
        insert into changes (kind) values ('place');
        return null;
    end
    $$;

CREATE FUNCTION public.told_conversations(viewer_uuid uuid, now timestamp with time zone) RETURNS TABLE(uuid uuid, other_uuid uuid, read_uuid uuid, last_uuid uuid, newest_uuid uuid)
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
        select c.uuid, c.other_uuid, c.read_uuid, c.last_uuid, m.uuid
        from live_conversations(told_conversations.viewer_uuid, told_conversations.now) c
        cross join lateral (
            select m.uuid
            from messages m
            where m.conversation_uuid = c.uuid
                and m.user_uuid <> told_conversations.viewer_uuid
                and m.expires_at > told_conversations.now
            order by m.uuid desc
            limit 1
        ) m
        where not c.request
            and not c.muted
    $$;

COMMENT ON FUNCTION public.told_conversations(viewer_uuid uuid, now timestamp with time zone) IS 'The visibility rule of notifications that tell of private messages, one for each conversation: those of live_conversations in which something by the other member is alive, with the newest of it. No requests, and nothing of muted members. Nothing is stored for them. last_uuid is the place in the indexes of conversations, newest_uuid or greater. The planner inlines it.';

CREATE FUNCTION public.uuid_v7_first(at timestamp with time zone) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
        select encode(
            substring(int8send(us / 1000) from 3)
                || int2send((28672 + us % 1000 * 4096 / 1000)::int2)
                || '\x0000000000000000'::bytea,
            'hex')::uuid
        from (select (extract(epoch from at) * 1000000)::bigint as us) t
    $$;

COMMENT ON FUNCTION public.uuid_v7_first(at timestamp with time zone) IS 'The smallest UUID that uuid_v7 could make at this instant.';

CREATE TABLE public.accounts (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    email text NOT NULL,
    password_hash text NOT NULL,
    password_changed_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT accounts_email_length_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 254))),
    CONSTRAINT accounts_password_hash_length_check CHECK (((char_length(password_hash) >= 1) AND (char_length(password_hash) <= 256)))
);

COMMENT ON TABLE public.accounts IS 'The confirmed accounts of the local identity. The text of uuid is the subject: users.cognito_user_id. Empty where Amazon Cognito keeps the accounts.';

COMMENT ON COLUMN public.accounts.password_hash IS 'argon2id as a PHC string, with its parameters and salt.';

CREATE TABLE public.activity_search (
    activity_uuid uuid NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT activity_search_words_length_check CHECK ((length(words) <= 8192))
);

COMMENT ON TABLE public.activity_search IS 'The words by which each activity is found. They go with it. An activity without a row is not indexed yet: it was stored by a script or by an older version, and the sweeper''s server will index it.';

COMMENT ON COLUMN public.activity_search.words IS 'Made by cruddur.Words: without case and accents, scripts without spaces in pairs of characters, tags with their sign.';

CREATE TABLE public.activity_tags (
    tag text NOT NULL COLLATE pg_catalog."C",
    activity_uuid uuid NOT NULL,
    CONSTRAINT activity_tags_tag_length_check CHECK (((char_length(tag) >= 1) AND (char_length(tag) <= 64)))
);

COMMENT ON TABLE public.activity_tags IS 'The hashtags of each activity. They go with it.';

COMMENT ON COLUMN public.activity_tags.tag IS 'In its normal form (cruddur.Segments), so that #Café and #CAFÉ are one. In the order of its bytes, so that the beginning of a tag is found by the index.';

CREATE TABLE public.audit_log (
    uuid uuid NOT NULL,
    actor text NOT NULL,
    act text NOT NULL,
    target text NOT NULL,
    note text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT audit_log_act_check CHECK ((act ~ '^[a-z_]{1,40}$'::text)),
    CONSTRAINT audit_log_actor_length_check CHECK (((char_length(actor) >= 1) AND (char_length(actor) <= 64))),
    CONSTRAINT audit_log_note_length_check CHECK ((char_length(note) <= 1000)),
    CONSTRAINT audit_log_target_length_check CHECK ((char_length(target) <= 300))
);

COMMENT ON TABLE public.audit_log IS 'What moderators, operators and the commands of the program did, for a year. It names members by their handles of that time, so it outlives them. No row is ever changed.';

CREATE TABLE public.blocks (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    blocker_uuid uuid NOT NULL,
    blocked_uuid uuid NOT NULL,
    CONSTRAINT blocks_self_check CHECK ((blocker_uuid <> blocked_uuid))
);

COMMENT ON TABLE public.blocks IS 'Who has nothing to do with whom: neither sees the other. It holds no words, and goes with either member.';

CREATE TABLE public.case_evidence (
    case_uuid uuid NOT NULL,
    display_name text NOT NULL,
    message text NOT NULL,
    content_warning text,
    written_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone,
    CONSTRAINT case_evidence_content_warning_length_check CHECK (((char_length(content_warning) >= 1) AND (char_length(content_warning) <= 100))),
    CONSTRAINT case_evidence_display_name_length_check CHECK ((char_length(display_name) <= 50)),
    CONSTRAINT case_evidence_message_length_check CHECK ((char_length(message) <= 1024))
);

COMMENT ON TABLE public.case_evidence IS 'The copy of what was reported, as it was then. It is the one thing here that outlives what a member wrote: somebody who deletes it, or their account, must not get rid of a report by that. It goes with its case, thirty days after the report at the latest.';

COMMENT ON COLUMN public.case_evidence.message IS 'The text of a crud, reply or private message; of a member, what they say about themselves.';

COMMENT ON COLUMN public.case_evidence.ends_at IS 'When the original ends; null: a member has no end.';

CREATE TABLE public.case_pictures (
    case_uuid uuid NOT NULL,
    "position" smallint NOT NULL,
    alt text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    extension text NOT NULL,
    bytes bytea,
    CONSTRAINT case_pictures_alt_length_check CHECK ((char_length(alt) <= 1500)),
    CONSTRAINT case_pictures_bytes_length_check CHECK (((octet_length(bytes) >= 1) AND (octet_length(bytes) <= 2097152))),
    CONSTRAINT case_pictures_extension_check CHECK ((extension = ANY (ARRAY['jpg'::text, 'png'::text]))),
    CONSTRAINT case_pictures_height_check CHECK (((height >= 1) AND (height <= 1200))),
    CONSTRAINT case_pictures_position_check CHECK ((("position" >= 0) AND ("position" <= 3))),
    CONSTRAINT case_pictures_width_check CHECK (((width >= 1) AND (width <= 1200)))
);

ALTER TABLE ONLY public.case_pictures ALTER COLUMN bytes SET STORAGE EXTERNAL;

COMMENT ON TABLE public.case_pictures IS 'The pictures of what was reported, in the small size. They are in this database wherever the pictures themselves are, so that they go with their case.';

COMMENT ON COLUMN public.case_pictures.bytes IS 'Null: the picture could not be read when the case was opened.';

CREATE TABLE public.certificates (
    name text NOT NULL,
    content bytea NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    CONSTRAINT certificates_content_length_check CHECK ((octet_length(content) <= 65536)),
    CONSTRAINT certificates_name_length_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 600)))
);

COMMENT ON TABLE public.certificates IS 'The certificate of the domain with its private key, the key of the account at the authority, and the challenge that is under way, for all servers of this database. Dumps leave the rows out: a server without them gets a new certificate.';

COMMENT ON COLUMN public.certificates.content IS 'PEM, not encrypted, as signing_keys.private_key.';

CREATE TABLE public.changes (
    tx xid8 DEFAULT pg_current_xact_id() NOT NULL,
    id bigint NOT NULL,
    kind text NOT NULL,
    subject_uuid uuid,
    object_uuid uuid,
    handle text,
    members uuid[] DEFAULT '{}'::uuid[] NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT changes_handle_length_check CHECK (((char_length(handle) >= 2) AND (char_length(handle) <= 30))),
    CONSTRAINT changes_kind_check CHECK ((kind = ANY (ARRAY['gone'::text, 'counts'::text, 'hidden'::text, 'silenced'::text, 'deleted'::text, 'parted'::text, 'muted'::text, 'access'::text, 'told'::text, 'message'::text, 'place'::text]))),
    CONSTRAINT changes_members_length_check CHECK ((COALESCE(array_length(members, 1), 0) <= 1000000))
);

COMMENT ON TABLE public.changes IS 'What open pages and streams must be told, for all servers of this database. It holds no words. A row is written in the transaction of the change, and ends after a minute.';

COMMENT ON COLUMN public.changes.tx IS 'The transaction that wrote the row. Readers go by it and not by id, because transactions are not committed in the order of their ids.';

COMMENT ON COLUMN public.changes.kind IS 'gone: an activity was deleted; counts: its numbers or its end have changed; hidden, silenced, deleted: a member was; parted: one member blocks another; muted: one mutes another; access: a session or tokens of a member have ended; told: what a member has not read has changed; message: so have the private messages of two; place: who may read has.';

COMMENT ON COLUMN public.changes.subject_uuid IS 'The activity, or the member. Null: nobody in particular.';

COMMENT ON COLUMN public.changes.object_uuid IS 'The other member.';

COMMENT ON COLUMN public.changes.handle IS 'The handle of a member who was deleted.';

COMMENT ON COLUMN public.changes.members IS 'gone: who wrote the activity and what it hung on; who does not see one of them is not told. deleted: who was blocked or blocked, and is not told.';

ALTER TABLE public.changes ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE public.conversations (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    first_uuid uuid NOT NULL,
    second_uuid uuid NOT NULL,
    timer interval DEFAULT '7 days'::interval NOT NULL,
    timer_changed_by uuid,
    timer_changed_at timestamp with time zone,
    first_accepted boolean DEFAULT false NOT NULL,
    second_accepted boolean DEFAULT false NOT NULL,
    first_read_uuid uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    second_read_uuid uuid DEFAULT '00000000-0000-0000-0000-000000000000'::uuid NOT NULL,
    unanswered smallint DEFAULT 0 NOT NULL,
    last_uuid uuid NOT NULL,
    last_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT conversations_members_check CHECK ((first_uuid < second_uuid)),
    CONSTRAINT conversations_timer_changed_check CHECK ((((timer_changed_by IS NULL) = (timer_changed_at IS NULL)) AND ((timer_changed_by IS NULL) OR ((timer_changed_by = first_uuid) OR (timer_changed_by = second_uuid))))),
    CONSTRAINT conversations_timer_check CHECK ((timer = ANY (ARRAY['01:00:00'::interval, '03:00:00'::interval, '12:00:00'::interval, '1 day'::interval, '3 days'::interval, '7 days'::interval, '30 days'::interval]))),
    CONSTRAINT conversations_unanswered_check CHECK (((unanswered >= 0) AND (unanswered <= 5)))
);

COMMENT ON TABLE public.conversations IS 'What two members have together for their private messages. Read through live_conversations. It goes with either member.';

COMMENT ON COLUMN public.conversations.first_uuid IS 'The member with the smaller uuid; second_uuid is the other.';

COMMENT ON COLUMN public.conversations.timer IS 'How long messages live from now on, one of the seven lifetimes. A message keeps the end that it was sent with.';

COMMENT ON COLUMN public.conversations.timer_changed_by IS 'Who has changed the timer last; null: nobody.';

COMMENT ON COLUMN public.conversations.first_accepted IS 'Whether the first member has agreed to talk: by writing or by accepting. Until then, and unless they follow the other, it is a request to them.';

COMMENT ON COLUMN public.conversations.first_read_uuid IS 'The newest message that the first member has seen. It only moves forward.';

COMMENT ON COLUMN public.conversations.unanswered IS 'How many messages were sent into it as a request. Not more than five may be.';

COMMENT ON COLUMN public.conversations.last_uuid IS 'The newest message that was ever sent in it: its place in a list of conversations, also when that message has ended.';

COMMENT ON COLUMN public.conversations.expires_at IS 'Thirty days after the end of its last message. From this instant on nobody sees it; the sweeper deletes it soon after.';

CREATE TABLE public.follows (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    follower_uuid uuid NOT NULL,
    followed_uuid uuid NOT NULL,
    CONSTRAINT follows_self_check CHECK ((follower_uuid <> followed_uuid))
);

COMMENT ON TABLE public.follows IS 'Who reads whom. It holds no words, and goes with either member.';

CREATE TABLE public.issuers (
    issuer text NOT NULL,
    named_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT issuers_issuer_length_check CHECK (((char_length(issuer) >= 1) AND (char_length(issuer) <= 1024)))
);

COMMENT ON TABLE public.issuers IS 'Who issues access tokens (their claim iss): this place, whichever server signs. One is current; tokens of those before it count until their end.';

COMMENT ON COLUMN public.issuers.ended_at IS 'Since when another one is current; null: this one.';

CREATE TABLE public.likes (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    activity_uuid uuid NOT NULL,
    user_uuid uuid NOT NULL
);

COMMENT ON TABLE public.likes IS 'Who likes what. A like goes with its activity.';

COMMENT ON COLUMN public.likes.uuid IS 'Contains the time of the like, so it is its place in a list.';

CREATE TABLE public.mutes (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    muter_uuid uuid NOT NULL,
    muted_uuid uuid NOT NULL,
    ends_at timestamp with time zone,
    CONSTRAINT mutes_self_check CHECK ((muter_uuid <> muted_uuid))
);

COMMENT ON TABLE public.mutes IS 'Whose cruds and notifications a member does not want to see; the other does not learn of it. It holds no words, and goes with either member.';

COMMENT ON COLUMN public.mutes.ends_at IS 'When the mute is over; null: never.';

CREATE TABLE public.notification_marks (
    user_uuid uuid NOT NULL,
    seen uuid NOT NULL
);

COMMENT ON TABLE public.notification_marks IS 'How far each member has read their notifications. It goes with the member.';

COMMENT ON COLUMN public.notification_marks.seen IS 'A place in the list: what is newer is new.';

CREATE TABLE public.notifications (
    uuid uuid NOT NULL,
    user_uuid uuid NOT NULL,
    kind text NOT NULL,
    activity_uuid uuid,
    expires_at timestamp with time zone,
    CONSTRAINT notifications_end_check CHECK ((((activity_uuid IS NULL) = (kind = 'follow'::text)) AND ((expires_at IS NULL) = (kind <> 'follow'::text)))),
    CONSTRAINT notifications_kind_check CHECK ((kind = ANY (ARRAY['reply'::text, 'mention'::text, 'like'::text, 'repost'::text, 'follow'::text])))
);

COMMENT ON TABLE public.notifications IS 'What members are told, one row for each group: all likes of one crud, all followers of one day. It holds no words and does not say who acted; that is read from likes, reposts, follows and activities (notification_events), so what is undone or hidden is told no more. Read it only through live_notifications.';

COMMENT ON COLUMN public.notifications.uuid IS 'That of the newest like, repost, follow or activity of the group: its place in the list. It may be greater, if the newest went with its member.';

COMMENT ON COLUMN public.notifications.activity_uuid IS 'The member''s own activity that is liked or reposted, or the activity that replies to the member or mentions them. The notification goes with it. Null: somebody follows the member.';

COMMENT ON COLUMN public.notifications.expires_at IS 'The end of what hangs on no activity: follow_group_end. Null: it ends with its activity.';

CREATE TABLE public.picture_bytes (
    picture_uuid uuid NOT NULL,
    size text NOT NULL,
    bytes bytea NOT NULL,
    CONSTRAINT picture_bytes_bytes_length_check CHECK (((octet_length(bytes) >= 1) AND (octet_length(bytes) <= 16777216))),
    CONSTRAINT picture_bytes_size_check CHECK ((size = ANY (ARRAY['large'::text, 'small'::text])))
);

ALTER TABLE ONLY public.picture_bytes ALTER COLUMN bytes SET STORAGE EXTERNAL;

COMMENT ON TABLE public.picture_bytes IS 'The encoded pictures, if this database is their store. They go with their picture.';

CREATE TABLE public.picture_objects (
    name text NOT NULL,
    picture_uuid uuid,
    CONSTRAINT picture_objects_name_length_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 100)))
);

COMMENT ON TABLE public.picture_objects IS 'What is stored outside of this database (Amazon S3), by name. Its row stays when its picture goes, so that the sweeper can delete the object first and the row after it.';

COMMENT ON COLUMN public.picture_objects.picture_uuid IS 'Null: the picture is gone, and the object must go too.';

CREATE TABLE public.place (
    single boolean DEFAULT true NOT NULL,
    name text DEFAULT 'Cruddur'::text NOT NULL,
    line text DEFAULT ''::text NOT NULL,
    rules text DEFAULT ''::text NOT NULL,
    contact text DEFAULT ''::text NOT NULL,
    colour text DEFAULT ''::text NOT NULL,
    sign_up text DEFAULT 'open'::text NOT NULL,
    domains text DEFAULT ''::text NOT NULL,
    reading text DEFAULT 'everybody'::text NOT NULL,
    CONSTRAINT place_colour_check CHECK ((colour ~ '^(#[0-9a-f]{6})?$'::text)),
    CONSTRAINT place_contact_length_check CHECK ((char_length(contact) <= 254)),
    CONSTRAINT place_domains_length_check CHECK ((char_length(domains) <= 13000)),
    CONSTRAINT place_line_length_check CHECK ((char_length(line) <= 160)),
    CONSTRAINT place_name_length_check CHECK (((char_length(name) >= 1) AND (char_length(name) <= 50))),
    CONSTRAINT place_reading_check CHECK ((reading = ANY (ARRAY['everybody'::text, 'members'::text]))),
    CONSTRAINT place_rules_length_check CHECK ((char_length(rules) <= 4000)),
    CONSTRAINT place_sign_up_check CHECK ((sign_up = ANY (ARRAY['open'::text, 'invite'::text, 'domain'::text, 'closed'::text]))),
    CONSTRAINT place_single_check CHECK (single)
);

COMMENT ON TABLE public.place IS 'What the host says about the place, and who may come in: one row.';

COMMENT ON COLUMN public.place.domains IS 'The domains whose addresses may sign up, separated by spaces; *. at the beginning stands for every sub-domain.';

CREATE TABLE public.recoveries (
    address_hash bytea NOT NULL,
    account_uuid uuid,
    code_hash bytea NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT recoveries_address_hash_length_check CHECK ((octet_length(address_hash) = 32)),
    CONSTRAINT recoveries_code_hash_length_check CHECK ((octet_length(code_hash) = 32)),
    CONSTRAINT recoveries_tries_check CHECK (((tries >= 0) AND (tries <= 6)))
);

COMMENT ON TABLE public.recoveries IS 'The code for a new password, one per address, by the SHA-256 of the address. An address without an account gets a row too, with null and a code that nobody knows, so that both cases cost the same.';

CREATE TABLE public.refresh_tokens (
    token_hash bytea NOT NULL,
    family_uuid uuid NOT NULL,
    used_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT refresh_tokens_token_hash_length_check CHECK ((octet_length(token_hash) = 32))
);

COMMENT ON TABLE public.refresh_tokens IS 'The SHA-256 of every refresh token of a living family. A used one stays, so that its second use is noticed and ends the family.';

CREATE TABLE public.reports (
    uuid uuid NOT NULL,
    case_uuid uuid NOT NULL,
    reporter_uuid uuid NOT NULL,
    reason text NOT NULL,
    words text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT reports_reason_check CHECK ((reason = ANY (ARRAY['spam'::text, 'abuse'::text, 'illegal'::text, 'other'::text]))),
    CONSTRAINT reports_words_length_check CHECK ((char_length(words) <= 1000))
);

COMMENT ON TABLE public.reports IS 'Who has reported what, why, and in which words. A report goes with its case, and with its reporter.';

CREATE TABLE public.reposts (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    activity_uuid uuid NOT NULL,
    user_uuid uuid NOT NULL
);

COMMENT ON TABLE public.reposts IS 'Who shows what again to their followers. A repost goes with its activity.';

COMMENT ON COLUMN public.reposts.uuid IS 'Contains the time of the repost, so it is its place in a feed.';

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

CREATE TABLE public.sign_in_attempts (
    address_hash bytea NOT NULL,
    failures integer NOT NULL,
    quiet_since timestamp with time zone NOT NULL,
    locked_until timestamp with time zone,
    CONSTRAINT sign_in_attempts_address_hash_length_check CHECK ((octet_length(address_hash) = 32)),
    CONSTRAINT sign_in_attempts_failures_check CHECK ((failures > 0))
);

COMMENT ON TABLE public.sign_in_attempts IS 'Failed sign-ins in a row, by the SHA-256 of the address, whether or not it has an account: a lockout must not tell.';

COMMENT ON COLUMN public.sign_in_attempts.quiet_since IS 'The last failure, or the end of the lockout that it brought; a quarter of an hour later the count begins anew.';

CREATE TABLE public.sign_ups (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    email text NOT NULL,
    display_name text NOT NULL,
    handle text NOT NULL,
    password_hash text NOT NULL,
    taken boolean NOT NULL,
    code_hash bytea NOT NULL,
    code_expires_at timestamp with time zone NOT NULL,
    tries integer DEFAULT 0 NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL,
    browser_hash bytea,
    invitation_uuid uuid,
    CONSTRAINT sign_ups_browser_hash_length_check CHECK ((octet_length(browser_hash) = 32)),
    CONSTRAINT sign_ups_code_hash_length_check CHECK ((octet_length(code_hash) = 32)),
    CONSTRAINT sign_ups_display_name_length_check CHECK (((char_length(display_name) >= 1) AND (char_length(display_name) <= 50))),
    CONSTRAINT sign_ups_email_length_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 254))),
    CONSTRAINT sign_ups_handle_length_check CHECK (((char_length(handle) >= 2) AND (char_length(handle) <= 30))),
    CONSTRAINT sign_ups_password_hash_length_check CHECK (((char_length(password_hash) >= 1) AND (char_length(password_hash) <= 256))),
    CONSTRAINT sign_ups_tries_check CHECK (((tries >= 0) AND (tries <= 5)))
);

COMMENT ON TABLE public.sign_ups IS 'Attempts to sign up that wait for their code. Each keeps its own password and code, so that a code can only ever activate the password of the attempt that it was sent for.';

COMMENT ON COLUMN public.sign_ups.taken IS 'The address had an account already. The row is there only so that both cases cost the same; its code was sent to nobody.';

COMMENT ON COLUMN public.sign_ups.tries IS 'Wrong codes since the last code was made; at five the code is dead.';

COMMENT ON COLUMN public.sign_ups.browser_hash IS 'The SHA-256 of a secret that the browser keeps in which the sign-up was begun: the code alone signs in there, and nowhere else. Null: it was begun by a program.';

COMMENT ON COLUMN public.sign_ups.invitation_uuid IS 'The invitation with which the sign-up was begun; it is counted when the sign-up is confirmed. It may be gone by then. No foreign key: a confirmation locks its sign-up and then the invitation, and the key of a withdrawn invitation would lock them in the other order.';

CREATE TABLE public.signing_keys (
    kid text NOT NULL,
    private_key bytea NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT signing_keys_kid_length_check CHECK (((char_length(kid) >= 1) AND (char_length(kid) <= 64))),
    CONSTRAINT signing_keys_private_key_length_check CHECK ((octet_length(private_key) <= 4096))
);

COMMENT ON TABLE public.signing_keys IS 'The RSA keys that sign access tokens. The newest signs, the others verify until they are swept.';

COMMENT ON COLUMN public.signing_keys.private_key IS 'PKCS #8, not encrypted: there is no safer place that every installation has. Rotation makes an old backup worthless.';

CREATE TABLE public.token_cutoffs (
    key text NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT token_cutoffs_key_length_check CHECK (((char_length(key) >= 1) AND (char_length(key) <= 200)))
);

COMMENT ON TABLE public.token_cutoffs IS 'Until when access tokens that another provider issued are dead here: Amazon Cognito''s outlive a reset, a change of password, a sign-out, a suspension and a deletion. Every server reads it with each request.';

COMMENT ON COLUMN public.token_cutoffs.key IS 'A subject (users.cognito_user_id), or "family " and the origin_jti of one sign-in. No foreign key: the row of a deleted member goes, their tokens do not.';

COMMENT ON COLUMN public.token_cutoffs.ended_at IS 'Tokens of a sign-in until this moment are dead. In the future for a family: nothing of it counts again.';

COMMENT ON COLUMN public.token_cutoffs.expires_at IS 'When every such token has expired by itself; then the row is swept.';

CREATE TABLE public.token_families (
    uuid uuid DEFAULT public.uuid_v7() NOT NULL,
    account_uuid uuid NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE public.token_families IS 'One row for each time a program signed in. An access token names its family (origin_jti) and is dead once the row is gone; so are all its refresh tokens.';

CREATE TABLE public.upload_tickets (
    ticket_hash bytea NOT NULL,
    user_uuid uuid NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    CONSTRAINT upload_tickets_ticket_hash_length_check CHECK ((octet_length(ticket_hash) = 32))
);

COMMENT ON TABLE public.upload_tickets IS 'Addresses to which one avatar may be sent without a token, as the original''s client does it. Only the SHA-256 of the secret in the address is kept. A row goes when it is used, or after ten minutes.';

CREATE TABLE public.user_search (
    user_uuid uuid NOT NULL,
    display_name text NOT NULL,
    words tsvector NOT NULL,
    CONSTRAINT user_search_display_name_length_check CHECK ((char_length(display_name) <= 50)),
    CONSTRAINT user_search_words_length_check CHECK ((length(words) <= 1024))
);

COMMENT ON TABLE public.user_search IS 'The words of each member''s display name. They go with the member.';

COMMENT ON COLUMN public.user_search.display_name IS 'The name that the words were made of. If the member has another one by now, the words are made again.';

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
    suspended_at timestamp with time zone,
    email_verified boolean DEFAULT false NOT NULL,
    likes_public boolean DEFAULT false NOT NULL,
    avatar_uuid uuid,
    banner_uuid uuid,
    language text DEFAULT ''::text NOT NULL,
    role text DEFAULT 'member'::text NOT NULL,
    silenced_at timestamp with time zone,
    CONSTRAINT users_bio_length_check CHECK ((char_length(bio) <= 160)),
    CONSTRAINT users_cognito_user_id_length_check CHECK (((char_length(cognito_user_id) >= 1) AND (char_length(cognito_user_id) <= 128))),
    CONSTRAINT users_default_ttl_check CHECK (((default_ttl >= '01:00:00'::interval) AND (default_ttl <= '30 days'::interval))),
    CONSTRAINT users_display_name_length_check CHECK (((char_length(display_name) >= 1) AND (char_length(display_name) <= 50))),
    CONSTRAINT users_email_length_check CHECK (((char_length(email) >= 3) AND (char_length(email) <= 254))),
    CONSTRAINT users_handle_check CHECK ((handle ~ '^[a-z0-9][a-z0-9_]{1,29}$'::text)),
    CONSTRAINT users_language_check CHECK ((char_length(language) <= 35)),
    CONSTRAINT users_role_check CHECK ((role = ANY (ARRAY['member'::text, 'moderator'::text, 'operator'::text])))
);

COMMENT ON TABLE public.users IS 'The members. A row exists from the confirmation of the account on.';

COMMENT ON COLUMN public.users.email IS 'Never part of a public answer.';

COMMENT ON COLUMN public.users.cognito_user_id IS 'The subject at the identity provider, Cognito or this database itself. Never part of a public answer.';

COMMENT ON COLUMN public.users.default_ttl IS 'How long the member''s activities live when the form chooses nothing.';

COMMENT ON COLUMN public.users.suspended_at IS 'Since when the member may neither sign in nor use a session or token; null: not suspended.';

COMMENT ON COLUMN public.users.email_verified IS 'The identity provider has seen that the member reads mail at this address. An address that is not verified yields to a member who has verified it.';

COMMENT ON COLUMN public.users.likes_public IS 'Whether others may see what the member likes.';

COMMENT ON COLUMN public.users.avatar_uuid IS 'The picture that stands for the member; null: the first letter of the name does.';

COMMENT ON COLUMN public.users.banner_uuid IS 'The picture at the head of the profile, or null.';

COMMENT ON COLUMN public.users.language IS 'The BCP 47 tag of the language in which the member reads the pages; '''': the one that their browser asks for.';

COMMENT ON COLUMN public.users.role IS 'What the member may do: moderators look after reports and members, operators after the place as well.';

COMMENT ON COLUMN public.users.silenced_at IS 'Since when what the member writes is shown only to those who follow them or ask for it; null: it is shown to all.';

ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.activity_search
    ADD CONSTRAINT activity_search_pkey PRIMARY KEY (activity_uuid);

ALTER TABLE ONLY public.activity_tags
    ADD CONSTRAINT activity_tags_pkey PRIMARY KEY (tag, activity_uuid);

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT audit_log_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_pkey PRIMARY KEY (blocker_uuid, blocked_uuid);

ALTER TABLE ONLY public.case_evidence
    ADD CONSTRAINT case_evidence_pkey PRIMARY KEY (case_uuid);

ALTER TABLE ONLY public.case_pictures
    ADD CONSTRAINT case_pictures_pkey PRIMARY KEY (case_uuid, "position");

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_kind_target_uuid_key UNIQUE (kind, target_uuid);

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.certificates
    ADD CONSTRAINT certificates_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (tx, id);

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_members_key UNIQUE (first_uuid, second_uuid);

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_pkey PRIMARY KEY (follower_uuid, followed_uuid);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.issuers
    ADD CONSTRAINT issuers_pkey PRIMARY KEY (issuer);

ALTER TABLE ONLY public.likes
    ADD CONSTRAINT likes_pkey PRIMARY KEY (activity_uuid, user_uuid);

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_pkey PRIMARY KEY (muter_uuid, muted_uuid);

ALTER TABLE ONLY public.notification_marks
    ADD CONSTRAINT notification_marks_pkey PRIMARY KEY (user_uuid);

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (user_uuid, uuid);

ALTER TABLE ONLY public.picture_bytes
    ADD CONSTRAINT picture_bytes_pkey PRIMARY KEY (picture_uuid, size);

ALTER TABLE ONLY public.picture_objects
    ADD CONSTRAINT picture_objects_pkey PRIMARY KEY (name);

ALTER TABLE ONLY public.pictures
    ADD CONSTRAINT pictures_activity_uuid_position_key UNIQUE (activity_uuid, "position");

ALTER TABLE ONLY public.pictures
    ADD CONSTRAINT pictures_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.place
    ADD CONSTRAINT place_pkey PRIMARY KEY (single);

ALTER TABLE ONLY public.recoveries
    ADD CONSTRAINT recoveries_pkey PRIMARY KEY (address_hash);

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_case_uuid_reporter_uuid_key UNIQUE (case_uuid, reporter_uuid);

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.reposts
    ADD CONSTRAINT reposts_activity_uuid_user_uuid_key UNIQUE (activity_uuid, user_uuid);

ALTER TABLE ONLY public.reposts
    ADD CONSTRAINT reposts_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.schema_information
    ADD CONSTRAINT schema_information_pkey PRIMARY KEY (single);

ALTER TABLE ONLY public.schema_migrations
    ADD CONSTRAINT schema_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY public.sign_in_attempts
    ADD CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (address_hash);

ALTER TABLE ONLY public.sign_ups
    ADD CONSTRAINT sign_ups_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.signing_keys
    ADD CONSTRAINT signing_keys_pkey PRIMARY KEY (kid);

ALTER TABLE ONLY public.token_cutoffs
    ADD CONSTRAINT token_cutoffs_pkey PRIMARY KEY (key);

ALTER TABLE ONLY public.token_families
    ADD CONSTRAINT token_families_pkey PRIMARY KEY (uuid);

ALTER TABLE ONLY public.upload_tickets
    ADD CONSTRAINT upload_tickets_pkey PRIMARY KEY (ticket_hash);

ALTER TABLE ONLY public.user_search
    ADD CONSTRAINT user_search_pkey PRIMARY KEY (user_uuid);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_cognito_user_id_key UNIQUE (cognito_user_id);

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (uuid);

CREATE UNIQUE INDEX accounts_email_key ON public.accounts USING btree (lower(email));

CREATE INDEX activities_expires_at_idx ON public.activities USING btree (expires_at);

CREATE INDEX activities_home_idx ON public.activities USING btree (uuid DESC, expires_at) WHERE (reply_to_activity_uuid IS NULL);

CREATE UNIQUE INDEX activities_idempotency_key ON public.activities USING btree (user_uuid, idempotency_key) WHERE (idempotency_key IS NOT NULL);

CREATE INDEX activities_replies_idx ON public.activities USING btree (reply_to_activity_uuid, uuid) INCLUDE (expires_at, hidden) WHERE (reply_to_activity_uuid IS NOT NULL);

CREATE INDEX activities_thread_idx ON public.activities USING btree (root_uuid, uuid) INCLUDE (expires_at, hidden) WHERE (root_uuid IS NOT NULL);

CREATE INDEX activities_user_idx ON public.activities USING btree (user_uuid, uuid DESC, expires_at);

CREATE INDEX activity_search_words_idx ON public.activity_search USING gin (words) WITH (gin_pending_list_limit='256');

CREATE INDEX activity_tags_activity_idx ON public.activity_tags USING btree (activity_uuid) INCLUDE (tag);

CREATE INDEX audit_log_expires_at_idx ON public.audit_log USING btree (expires_at);

CREATE INDEX audit_log_target_idx ON public.audit_log USING btree (split_part(target, ' '::text, 1), uuid DESC);

CREATE INDEX blocks_blocked_idx ON public.blocks USING btree (blocked_uuid, blocker_uuid);

CREATE INDEX blocks_blocker_idx ON public.blocks USING btree (blocker_uuid, uuid DESC);

CREATE INDEX cases_expires_at_idx ON public.cases USING btree (expires_at);

CREATE INDEX cases_member_idx ON public.cases USING btree (member_uuid);

CREATE INDEX changes_at_idx ON public.changes USING btree (at);

CREATE INDEX conversations_expires_at_idx ON public.conversations USING btree (expires_at);

CREATE INDEX conversations_first_idx ON public.conversations USING btree (first_uuid, last_uuid DESC);

CREATE INDEX conversations_second_idx ON public.conversations USING btree (second_uuid, last_uuid DESC);

CREATE INDEX follows_followed_idx ON public.follows USING btree (followed_uuid, uuid DESC);

CREATE INDEX follows_follower_idx ON public.follows USING btree (follower_uuid, uuid DESC);

CREATE INDEX invitations_expires_at_idx ON public.invitations USING btree (expires_at);

CREATE UNIQUE INDEX issuers_current_key ON public.issuers USING btree (((ended_at IS NULL))) WHERE (ended_at IS NULL);

CREATE INDEX likes_activity_idx ON public.likes USING btree (activity_uuid, uuid DESC);

CREATE INDEX likes_user_idx ON public.likes USING btree (user_uuid, uuid DESC);

CREATE INDEX messages_conversation_idx ON public.messages USING btree (conversation_uuid, uuid DESC) INCLUDE (user_uuid, expires_at);

CREATE INDEX messages_expires_at_idx ON public.messages USING btree (expires_at);

CREATE UNIQUE INDEX messages_idempotency_key ON public.messages USING btree (user_uuid, idempotency_key) WHERE (idempotency_key IS NOT NULL);

CREATE INDEX messages_user_idx ON public.messages USING btree (user_uuid);

CREATE INDEX mutes_ends_at_idx ON public.mutes USING btree (ends_at) WHERE (ends_at IS NOT NULL);

CREATE INDEX mutes_muted_idx ON public.mutes USING btree (muted_uuid);

CREATE INDEX mutes_muter_idx ON public.mutes USING btree (muter_uuid, uuid DESC);

CREATE UNIQUE INDEX notifications_activity_idx ON public.notifications USING btree (activity_uuid, kind, user_uuid) WHERE (activity_uuid IS NOT NULL);

CREATE UNIQUE INDEX notifications_expires_at_idx ON public.notifications USING btree (expires_at, user_uuid) WHERE (expires_at IS NOT NULL);

CREATE INDEX picture_objects_gone_idx ON public.picture_objects USING btree (name) WHERE (picture_uuid IS NULL);

CREATE INDEX picture_objects_picture_idx ON public.picture_objects USING btree (picture_uuid) WHERE (picture_uuid IS NOT NULL);

CREATE INDEX pictures_unused_idx ON public.pictures USING btree (created_at) WHERE (NOT used);

CREATE INDEX pictures_user_idx ON public.pictures USING btree (user_uuid, uuid DESC);

CREATE INDEX recoveries_account_uuid_idx ON public.recoveries USING btree (account_uuid) WHERE (account_uuid IS NOT NULL);

CREATE INDEX recoveries_expires_at_idx ON public.recoveries USING btree (expires_at);

CREATE INDEX refresh_tokens_family_uuid_idx ON public.refresh_tokens USING btree (family_uuid);

CREATE INDEX reports_reporter_idx ON public.reports USING btree (reporter_uuid, uuid DESC);

CREATE INDEX reposts_activity_idx ON public.reposts USING btree (activity_uuid, uuid DESC);

CREATE INDEX reposts_user_idx ON public.reposts USING btree (user_uuid, uuid DESC);

CREATE INDEX sessions_last_used_at_idx ON public.sessions USING btree (last_used_at);

CREATE INDEX sessions_user_uuid_idx ON public.sessions USING btree (user_uuid, last_used_at DESC);

CREATE INDEX sign_in_attempts_quiet_since_idx ON public.sign_in_attempts USING btree (quiet_since);

CREATE INDEX sign_ups_email_idx ON public.sign_ups USING btree (lower(email), uuid DESC);

CREATE INDEX sign_ups_expires_at_idx ON public.sign_ups USING btree (expires_at);

CREATE INDEX token_cutoffs_expires_at_idx ON public.token_cutoffs USING btree (expires_at);

CREATE INDEX token_families_account_uuid_idx ON public.token_families USING btree (account_uuid);

CREATE INDEX token_families_expires_at_idx ON public.token_families USING btree (expires_at);

CREATE INDEX upload_tickets_expires_at_idx ON public.upload_tickets USING btree (expires_at);

CREATE INDEX upload_tickets_user_idx ON public.upload_tickets USING btree (user_uuid);

CREATE INDEX user_search_words_idx ON public.user_search USING gin (words);

CREATE INDEX users_avatar_idx ON public.users USING btree (avatar_uuid) WHERE (avatar_uuid IS NOT NULL);

CREATE INDEX users_banner_idx ON public.users USING btree (banner_uuid) WHERE (banner_uuid IS NOT NULL);

CREATE UNIQUE INDEX users_email_key ON public.users USING btree (lower(email));

CREATE UNIQUE INDEX users_handle_key ON public.users USING btree (lower(handle));

CREATE INDEX users_handle_start_idx ON public.users USING btree (handle COLLATE "C");

CREATE INDEX users_silenced_idx ON public.users USING btree (uuid) WHERE (silenced_at IS NOT NULL);

CREATE TRIGGER audit_log_is_final BEFORE UPDATE ON public.audit_log FOR EACH ROW EXECUTE FUNCTION public.audit_log_is_final();

CREATE TRIGGER tell_blocked AFTER INSERT ON public.blocks FOR EACH ROW EXECUTE FUNCTION public.tell_blocked();

CREATE TRIGGER tell_cut_off AFTER INSERT OR UPDATE ON public.token_cutoffs FOR EACH ROW EXECUTE FUNCTION public.tell_cut_off();

CREATE TRIGGER tell_deleted BEFORE DELETE ON public.activities FOR EACH ROW WHEN (((old.hidden = 0) AND (old.expires_at > now()))) EXECUTE FUNCTION public.tell_deleted_activity();

CREATE TRIGGER tell_deleted BEFORE DELETE ON public.users FOR EACH ROW EXECUTE FUNCTION public.tell_deleted_member();

CREATE TRIGGER tell_ended AFTER DELETE ON public.sessions FOR EACH ROW WHEN ((NOT public.session_ended(old.last_used_at, old.created_at, now()))) EXECUTE FUNCTION public.tell_ended_session();

CREATE TRIGGER tell_ended AFTER DELETE ON public.token_families FOR EACH ROW WHEN ((old.expires_at > now())) EXECUTE FUNCTION public.tell_ended_tokens();

CREATE TRIGGER tell_member AFTER UPDATE OF suspended_at, silenced_at ON public.users FOR EACH ROW WHEN (((old.suspended_at IS DISTINCT FROM new.suspended_at) OR (old.silenced_at IS DISTINCT FROM new.silenced_at))) EXECUTE FUNCTION public.tell_member();

CREATE TRIGGER tell_moved_end AFTER UPDATE OF expires_at ON public.activities FOR EACH ROW WHEN (((new.hidden = 0) AND (old.expires_at <> new.expires_at) AND (old.expires_at > now()))) EXECUTE FUNCTION public.tell_moved_end();

CREATE TRIGGER tell_muted AFTER INSERT OR UPDATE ON public.mutes FOR EACH ROW EXECUTE FUNCTION public.tell_muted();

CREATE TRIGGER tell_place AFTER UPDATE OF reading ON public.place FOR EACH ROW WHEN ((old.reading <> new.reading)) EXECUTE FUNCTION public.tell_place();

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_reply_to_activity_uuid_fkey FOREIGN KEY (reply_to_activity_uuid) REFERENCES public.activities(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.activities
    ADD CONSTRAINT activities_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.activity_search
    ADD CONSTRAINT activity_search_activity_uuid_fkey FOREIGN KEY (activity_uuid) REFERENCES public.activities(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.activity_tags
    ADD CONSTRAINT activity_tags_activity_uuid_fkey FOREIGN KEY (activity_uuid) REFERENCES public.activities(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_blocked_uuid_fkey FOREIGN KEY (blocked_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.blocks
    ADD CONSTRAINT blocks_blocker_uuid_fkey FOREIGN KEY (blocker_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.case_evidence
    ADD CONSTRAINT case_evidence_case_uuid_fkey FOREIGN KEY (case_uuid) REFERENCES public.cases(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.case_pictures
    ADD CONSTRAINT case_pictures_case_uuid_fkey FOREIGN KEY (case_uuid) REFERENCES public.case_evidence(case_uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.cases
    ADD CONSTRAINT cases_member_uuid_fkey FOREIGN KEY (member_uuid) REFERENCES public.users(uuid) ON DELETE SET NULL;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_first_uuid_fkey FOREIGN KEY (first_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.conversations
    ADD CONSTRAINT conversations_second_uuid_fkey FOREIGN KEY (second_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_followed_uuid_fkey FOREIGN KEY (followed_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.follows
    ADD CONSTRAINT follows_follower_uuid_fkey FOREIGN KEY (follower_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.likes
    ADD CONSTRAINT likes_activity_uuid_fkey FOREIGN KEY (activity_uuid) REFERENCES public.activities(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.likes
    ADD CONSTRAINT likes_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_conversation_uuid_fkey FOREIGN KEY (conversation_uuid) REFERENCES public.conversations(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.messages
    ADD CONSTRAINT messages_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_muted_uuid_fkey FOREIGN KEY (muted_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.mutes
    ADD CONSTRAINT mutes_muter_uuid_fkey FOREIGN KEY (muter_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.notification_marks
    ADD CONSTRAINT notification_marks_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_activity_uuid_fkey FOREIGN KEY (activity_uuid) REFERENCES public.activities(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.notifications
    ADD CONSTRAINT notifications_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.picture_bytes
    ADD CONSTRAINT picture_bytes_picture_uuid_fkey FOREIGN KEY (picture_uuid) REFERENCES public.pictures(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.picture_objects
    ADD CONSTRAINT picture_objects_picture_uuid_fkey FOREIGN KEY (picture_uuid) REFERENCES public.pictures(uuid) ON DELETE SET NULL;

ALTER TABLE ONLY public.pictures
    ADD CONSTRAINT pictures_activity_uuid_fkey FOREIGN KEY (activity_uuid) REFERENCES public.activities(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.pictures
    ADD CONSTRAINT pictures_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.recoveries
    ADD CONSTRAINT recoveries_account_uuid_fkey FOREIGN KEY (account_uuid) REFERENCES public.accounts(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.refresh_tokens
    ADD CONSTRAINT refresh_tokens_family_uuid_fkey FOREIGN KEY (family_uuid) REFERENCES public.token_families(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_case_uuid_fkey FOREIGN KEY (case_uuid) REFERENCES public.cases(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_reporter_uuid_fkey FOREIGN KEY (reporter_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.reposts
    ADD CONSTRAINT reposts_activity_uuid_fkey FOREIGN KEY (activity_uuid) REFERENCES public.activities(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.reposts
    ADD CONSTRAINT reposts_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.token_families
    ADD CONSTRAINT token_families_account_uuid_fkey FOREIGN KEY (account_uuid) REFERENCES public.accounts(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.upload_tickets
    ADD CONSTRAINT upload_tickets_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.user_search
    ADD CONSTRAINT user_search_user_uuid_fkey FOREIGN KEY (user_uuid) REFERENCES public.users(uuid) ON DELETE CASCADE;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_avatar_uuid_fkey FOREIGN KEY (avatar_uuid) REFERENCES public.pictures(uuid) ON DELETE SET NULL;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_banner_uuid_fkey FOREIGN KEY (banner_uuid) REFERENCES public.pictures(uuid) ON DELETE SET NULL;

insert into public.schema_migrations (version, name, checksum, milliseconds) values
    (1, '00001_users_and_activities.sql', '08998f28aa74aa91ce4662513d03556210e60b357229d75a6a1e5ab2bd3db1a5', 0),
    (2, '00002_accounts.sql', '3ef3bbf870a9f77bf8f553031b02c17f9c9eb7c7dc87e668737a696487337938', 0),
    (3, '00003_schema_information.sql', 'adfcc8c5fceb6b7371ab41cfd2ee59bcd53839ada61a7c870741b38809fe930c', 0),
    (4, '00004_token_cutoffs.sql', '85d164f22abffc961df081412f940143cb3b7a89ecccda51cec21ef084baec54', 0),
    (5, '00005_issuers_and_verified_addresses.sql', '091b1a9003e68ff372b3a7e2908b7ae35638ab2f9ebd3f8b753b55315debc60c', 0),
    (6, '00006_idempotency_keys.sql', 'd6a4fc9ad4bf77de5cdaaa54ff02febc98e96050d0cdd32453de06dcafbbaa84', 0),
    (7, '00007_sign_up_browsers.sql', '9c18649c7bf7f10291f0927507c62d682b7baedb7fcf74b45f17d2c9844c22e2', 0),
    (8, '00008_live_sessions.sql', '72a85eb270a0e3afb3365cd66c991e4d00ba1aaca330156957b005479de1d800', 0),
    (9, '00009_likes_public.sql', '3941be6b43ff1378de36ea8f9f79a62352bc3272469b376f9dd51fc80fae3b84', 0),
    (10, '00010_conversations.sql', 'b00ebd246d8b29843bc792ea0e8500d5cad2dc8fd8b219f68c2ccb75d08e5bdf', 0),
    (11, '00011_conversations_checked.sql', '20de636c54828ebe28462b7cde6a0ff6e2ebac50c25b1a52a9f5e990b56f8397', 0),
    (12, '00012_tags_and_search.sql', '19b8805300afc30b24667fabaf87317818beafccc713f921147166d5b38d143a', 0),
    (13, '00013_blocks_and_mutes.sql', '40389fc0c7d83e53d9c70dac8146afc6fa56e31b5150feccab181c6ed0407650', 0),
    (14, '00014_notifications.sql', 'f15f2515e93c05f7ff21129f2cacbb815803ecc9a7b53f84becb7eb8404468ad', 0),
    (15, '00015_messages.sql', 'ae7382a77daf6b95958c5e10842c175bc9f2475b5a412d8c85aa87dcea01ef8f', 0),
    (16, '00016_pictures.sql', '7513178ef95fc767fd59eeb0372bd18257ec4a9e34bfca6e97a66bf5374ced9f', 0),
    (17, '00017_avatars.sql', '02c3d56d3520919702510a10a894e422dd532852fed8b558ba19fc6e6a24ed0c', 0),
    (18, '00018_language.sql', '99d8dea3ddef3c04b79b26dcd9af9aa61a48f3bcbed7fcf6ac7f13701e8db014', 0),
    (19, '00019_message_notifications.sql', 'a68d41cc430b12e92059ea3a902087f5470f1f1e9fd73cc9f67c1e98094a43ea', 0),
    (20, '00020_roles.sql', 'd5012d93ea4e50e71c396abaf3662ee2f68545fb051d2abc641eaccc0699ed1a', 0),
    (21, '00021_place.sql', '1e89b68a5408a73a6e1cc314903b1c4382087e1bce05a491dce6a29c047fd8ac', 0),
    (22, '00022_silence.sql', 'faa5ee49ca1d1d61f894f3aa27c5ac0d71bca117d163a544cb88ca20a178f781', 0),
    (23, '00023_content_warnings.sql', '38f2b468633d62867e986ddf8f551b9b33bb1e23ad9549c0063ee4822162269b', 0),
    (24, '00024_content_warnings_checked.sql', '8ed992c4ca4d08c94a34df780ccb30d6ac5f7c9c2a176fdc3f6ff62d16975514', 0),
    (25, '00025_certificates.sql', 'fef7e412bc4dbfdf0f56e3aecdf6efa8212169f25b5b7e53779678b1dd5ce9e7', 0),
    (26, '00026_reports.sql', 'ec1083bdd5342599f1ca339e9c8c528296df0ee44f0b6db8656d2145c600d924', 0),
    (27, '00027_changes.sql', '76a1597cc678bb31f2b99315f35d810e4492a4665778e626c303d6c9f8183f08', 0),
    (28, '00028_changes_of_members.sql', '4f7d59a470c058d624feb6d313dceb4aa528d085af563cb2ca4ae41741709a2c', 0),
    (29, '00029_changes_of_blocks.sql', '14b8a9d353137ad08e40b1cf648d2fa8ce2e5b359c0818ffcc30f998cd63433a', 0),
    (30, '00030_changes_of_mutes.sql', 'a5577d5b0ad3035002310ee6fe92b0c5316c77f89c0d58f86322f3f4e6370444', 0),
    (31, '00031_changes_of_sessions.sql', '26dc79bc35efa831c2afa0bb75797a792342086eef2eec61b66423c6b0e53a0a', 0),
    (32, '00032_changes_of_tokens.sql', '25fb4872974a89523b66d005ae8bf3f76999e8bcfb98edabaf8d1005b0a5c9ab', 0),
    (33, '00033_changes_of_cutoffs.sql', 'e1f462e8025162ea12c4078e480f3be565aad1768c98fd0ca8940e61388d5db8', 0),
    (34, '00034_changes_of_the_place.sql', '80dcf5c4c39a1c1ad0fc69231c3e3980da7088e4e92dd84cfb611fafc48b1637', 0);
