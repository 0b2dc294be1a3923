-- +goose Up

create table conversations (
    uuid uuid constraint conversations_pkey primary key default uuid_v7(),
    first_uuid uuid not null
        constraint conversations_first_uuid_fkey references users (uuid) on delete cascade,
    second_uuid uuid not null
        constraint conversations_second_uuid_fkey references users (uuid) on delete cascade,
    timer interval not null default '7 days'
        constraint conversations_timer_check
        check (timer in ('1 hour', '3 hours', '12 hours', '1 day', '3 days', '7 days', '30 days')),
    timer_changed_by uuid,
    timer_changed_at timestamptz,
    first_accepted boolean not null default false,
    second_accepted boolean not null default false,
    first_read_uuid uuid not null default '00000000-0000-0000-0000-000000000000',
    second_read_uuid uuid not null default '00000000-0000-0000-0000-000000000000',
    unanswered smallint not null default 0
        constraint conversations_unanswered_check check (unanswered between 0 and 5),
    last_uuid uuid not null,
    last_at timestamptz not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint conversations_members_key unique (first_uuid, second_uuid),
    constraint conversations_members_check check (first_uuid < second_uuid),
    constraint conversations_timer_changed_check
        check (
            (timer_changed_by is null) = (timer_changed_at is null)
            and (timer_changed_by is null or timer_changed_by in (first_uuid, second_uuid))
        )
);
create index conversations_first_idx on conversations (first_uuid, last_uuid desc);
create index conversations_second_idx on conversations (second_uuid, last_uuid desc);
create index conversations_expires_at_idx on conversations (expires_at);

comment on table conversations is 'What two members have together for their private messages. Read through live_conversations. It goes with either member.';
comment on column conversations.first_uuid is 'The member with the smaller uuid; second_uuid is the other.';
comment on column conversations.timer is 'How long messages live from now on, one of the seven lifetimes. A message keeps the end that it was sent with.';
comment on column conversations.timer_changed_by is 'Who has changed the timer last; null: nobody.';
comment on column conversations.first_accepted is 'Whether the first member has agreed to talk: by writing or by accepting. Until then, and unless they follow the other, it is a request to them.';
comment on column conversations.first_read_uuid is 'The newest message that the first member has seen. It only moves forward.';
comment on column conversations.unanswered is 'How many messages were sent into it as a request. Not more than five may be.';
comment on column conversations.last_uuid is 'The newest message that was ever sent in it: its place in a list of conversations, also when that message has ended.';
comment on column conversations.expires_at is 'Thirty days after the end of its last message. From this instant on nobody sees it; the sweeper deletes it soon after.';

create table messages (
    uuid uuid constraint messages_pkey primary key default uuid_v7(),
    conversation_uuid uuid not null
        constraint messages_conversation_uuid_fkey references conversations (uuid) on delete cascade,
    user_uuid uuid not null
        constraint messages_user_uuid_fkey references users (uuid) on delete cascade,
    message text not null
        constraint messages_message_length_check check (char_length(message) between 1 and 1024),
    idempotency_key text
        constraint messages_idempotency_key_length_check check (char_length(idempotency_key) between 1 and 64),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    constraint messages_life_check
        check (expires_at > created_at and expires_at <= created_at + interval '720 hours')
) with (
    -- As for activities: what has expired leaves dead rows behind all day.
    autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0,
    autovacuum_analyze_scale_factor = 0.05
);
create index messages_conversation_idx on messages (conversation_uuid, uuid desc) include (user_uuid, expires_at);
create index messages_user_idx on messages (user_uuid);
create index messages_expires_at_idx on messages (expires_at);
create unique index messages_idempotency_key on messages (user_uuid, idempotency_key) where idempotency_key is not null;

comment on table messages is 'Private messages, each with an end. Read through live_messages and messages_in, which know who reads.';
comment on column messages.user_uuid is 'Who has sent it: one of the two.';
comment on column messages.idempotency_key is 'As activities.idempotency_key.';
comment on column messages.expires_at is 'From this instant on nobody sees the row; the sweeper deletes it soon after. Set by the timer of the conversation when it was sent.';

-- +goose StatementBegin
create function reachable_members(viewer_uuid uuid)
    returns table (uuid uuid, handle text, display_name text)
    language sql stable parallel safe
    as $$
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
-- +goose StatementEnd
comment on function reachable_members is
    'With whom a member can talk: everybody else who is not suspended, and where neither has blocked the other. The planner inlines it.';

-- +goose StatementBegin
create function live_conversations(viewer_uuid uuid, now timestamptz)
    returns table (
        uuid uuid, other_uuid uuid, handle text, display_name text,
        timer interval, timer_changed_by uuid, timer_changed_at timestamptz,
        request boolean, waits boolean, muted boolean, unanswered smallint,
        read_uuid uuid, last_uuid uuid, last_at timestamptz, created_at timestamptz
    )
    language sql stable parallel safe
    as $$
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
-- +goose StatementEnd
comment on function live_conversations is
    'The conversations that a member has at the given instant, as they see them: the rule who may read what, in its one place. request: it waits for the member''s answer; waits: for the other''s. The planner inlines it.';

create function live_messages(viewer_uuid uuid, now timestamptz) returns setof messages
    language sql stable parallel safe
    as $$
        select m.*
        from live_conversations(live_messages.viewer_uuid, live_messages.now) c
        join messages m on m.conversation_uuid = c.uuid
        where m.expires_at > live_messages.now
    $$;
comment on function live_messages is
    'All messages that a member may read at the given instant: alive, and in a conversation of live_conversations. The planner inlines it.';

create function messages_in(viewer_uuid uuid, conversation_uuid uuid, now timestamptz) returns setof messages
    language sql stable parallel safe
    as $$
        select m.*
        from messages m
        where m.conversation_uuid = (
                select c.uuid
                from live_conversations(messages_in.viewer_uuid, messages_in.now) c
                where c.uuid = messages_in.conversation_uuid
            )
            and m.expires_at > messages_in.now
    $$;
comment on function messages_in is
    'live_messages of one conversation, in a form in which the newest are read from messages_conversation_idx without a sort. The planner inlines it.';

-- +goose Down
drop function messages_in;
drop function live_messages;
drop function live_conversations;
drop function reachable_members;
drop table messages;
drop table conversations;
