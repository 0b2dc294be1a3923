-- +goose Up

create table blocks (
    uuid uuid not null default uuid_v7(),
    blocker_uuid uuid not null
        constraint blocks_blocker_uuid_fkey references users (uuid) on delete cascade,
    blocked_uuid uuid not null
        constraint blocks_blocked_uuid_fkey references users (uuid) on delete cascade,
    constraint blocks_pkey primary key (blocker_uuid, blocked_uuid),
    constraint blocks_self_check check (blocker_uuid <> blocked_uuid)
);
create index blocks_blocker_idx on blocks (blocker_uuid, uuid desc);
create index blocks_blocked_idx on blocks (blocked_uuid, blocker_uuid);
comment on table blocks is 'Who has nothing to do with whom: neither sees the other. It holds no words, and goes with either member.';

create table mutes (
    uuid uuid not null default uuid_v7(),
    muter_uuid uuid not null
        constraint mutes_muter_uuid_fkey references users (uuid) on delete cascade,
    muted_uuid uuid not null
        constraint mutes_muted_uuid_fkey references users (uuid) on delete cascade,
    ends_at timestamptz,
    constraint mutes_pkey primary key (muter_uuid, muted_uuid),
    constraint mutes_self_check check (muter_uuid <> muted_uuid)
);
create index mutes_muter_idx on mutes (muter_uuid, uuid desc);
create index mutes_muted_idx on mutes (muted_uuid);
create index mutes_ends_at_idx on mutes (ends_at) where ends_at is not null;
comment on table mutes is 'Whose cruds and notifications a member does not want to see; the other does not learn of it. It holds no words, and goes with either member.';
comment on column mutes.ends_at is 'When the mute is over; null: never.';

create function ignored_members(viewer_uuid uuid, now timestamptz) returns setof uuid
    language sql stable parallel safe
    as $$
        select b.blocked_uuid from blocks b where b.blocker_uuid = ignored_members.viewer_uuid
        union all
        select b.blocker_uuid from blocks b where b.blocked_uuid = ignored_members.viewer_uuid
        union all
        select m.muted_uuid from mutes m
        where m.muter_uuid = ignored_members.viewer_uuid and (m.ends_at is null or m.ends_at > ignored_members.now)
    $$;
comment on function ignored_members is
    'Whom a member does not see at the given instant: blocked by them, blocking them, or muted by them. The planner inlines it.';

create function ignores_anybody(user_uuid uuid) returns boolean
    language sql stable parallel safe
    as $$
        select exists (select from blocks b where b.blocker_uuid = ignores_anybody.user_uuid)
            or exists (select from blocks b where b.blocked_uuid = ignores_anybody.user_uuid)
            or exists (select from mutes m where m.muter_uuid = ignores_anybody.user_uuid)
    $$;
comment on function ignores_anybody is
    'Whether there may be somebody whom a member does not see. It spares the requests of everybody else a query.';

-- +goose Down
drop function ignores_anybody;
drop function ignored_members;
drop table mutes;
drop table blocks;
