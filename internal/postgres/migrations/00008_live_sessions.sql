-- +goose Up

-- Scalar, so that the sweeper can ask for what has ended and the planner still sees the bare columns.
create function session_ended(last_used_at timestamptz, created_at timestamptz, now timestamptz) returns boolean
    language sql stable parallel safe
    as $$ select last_used_at <= now - interval '14 days' or created_at <= now - interval '90 days' $$;

comment on function session_ended is
    'The life of a browser''s session, in its one place: it ends after 14 idle days, or 90 days after it began. The planner inlines it.';

create function live_sessions(now timestamptz) returns setof sessions
    language sql stable parallel safe
    as $$ select s.* from sessions s where not session_ended(s.last_used_at, s.created_at, live_sessions.now) $$;

comment on function live_sessions is
    'The sessions that have not ended at the given instant. Every reading statement goes through it; the planner inlines it, so it costs nothing.';

comment on table sessions is 'The browsers that are signed in, whichever identity provider is chosen. Only the SHA-256 of the cookie is kept. Read through live_sessions alone.';

-- +goose Down
comment on table sessions is 'The browsers that are signed in, whichever identity provider is chosen. Only the SHA-256 of the cookie is kept.';
drop function live_sessions;
drop function session_ended;
