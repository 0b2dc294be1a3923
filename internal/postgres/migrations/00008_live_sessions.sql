-- +goose Up

-- A scalar function, so that the sweeper can select ended sessions and the planner still sees the bare columns.
create function session_ended(last_used_at timestamptz, created_at timestamptz, now timestamptz) returns boolean
    language sql stable parallel safe
    as $$ select last_used_at <= now - interval '14 days' or created_at <= now - interval '90 days' $$;

comment on function session_ended is
    'Whether a browser''s session has ended: after 14 idle days, or 90 days after it began. The only place of this rule. The planner inlines the function.';

create function live_sessions(now timestamptz) returns setof sessions
    language sql stable parallel safe
    as $$ select s.* from sessions s where not session_ended(s.last_used_at, s.created_at, live_sessions.now) $$;

comment on function live_sessions is
    'The sessions that have not ended at the given instant. Every reading statement uses it; the planner inlines it, so it costs nothing.';

comment on table sessions is 'The browsers that are signed in, whichever identity provider is chosen. Only the SHA-256 of the cookie is kept. Read it only through live_sessions.';

-- +goose Down
comment on table sessions is 'The browsers that are signed in, whichever identity provider is chosen. Only the SHA-256 of the cookie is kept.';
drop function live_sessions;
drop function session_ended;
