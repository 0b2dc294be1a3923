-- +goose Up

create table place (
    single boolean not null default true
        constraint place_pkey primary key
        constraint place_single_check check (single),
    name text not null default 'Cruddur' constraint place_name_length_check check (char_length(name) between 1 and 50),
    line text not null default '' constraint place_line_length_check check (char_length(line) <= 160),
    rules text not null default '' constraint place_rules_length_check check (char_length(rules) <= 4000),
    contact text not null default '' constraint place_contact_length_check check (char_length(contact) <= 254),
    colour text not null default '' constraint place_colour_check check (colour ~ '^(#[0-9a-f]{6})?$'),
    sign_up text not null default 'open' constraint place_sign_up_check check (sign_up in ('open', 'invite', 'domain', 'closed')),
    domains text not null default '' constraint place_domains_length_check check (char_length(domains) <= 13000),
    reading text not null default 'everybody' constraint place_reading_check check (reading in ('everybody', 'members'))
);
insert into place default values;
comment on table place is 'What the host says about the place, and who may come in: one row.';
comment on column place.domains is 'The domains whose addresses may sign up, separated by spaces; *. at the beginning stands for every sub-domain.';

create table invitations (
    uuid uuid not null constraint invitations_pkey primary key,
    token_hash bytea not null
        constraint invitations_token_hash_key unique
        constraint invitations_token_hash_length_check check (octet_length(token_hash) = 32),
    note text not null constraint invitations_note_length_check check (char_length(note) <= 100),
    uses integer not null constraint invitations_uses_check check (uses between 1 and 10000),
    used integer not null default 0 constraint invitations_used_check check (used between 0 and uses),
    created_by text not null constraint invitations_created_by_length_check check (char_length(created_by) between 1 and 64),
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index invitations_expires_at_idx on invitations (expires_at);
comment on table invitations is 'Links by which people may become members. A row is deleted at its end, and when the host withdraws it.';
comment on column invitations.token_hash is 'The SHA-256 of what the link holds.';

-- +goose StatementBegin
create function live_invitations(now timestamptz) returns setof invitations
    language sql stable parallel safe
    as $$
        select i.*
        from invitations i
        where i.expires_at > live_invitations.now
    $$;
-- +goose StatementEnd
comment on function live_invitations is 'The invitations that hold at the given instant, used up or not. The planner inlines it.';

alter table sign_ups
    add column invitation_uuid uuid;
comment on column sign_ups.invitation_uuid is 'The invitation with which the sign-up was begun; it is counted when the sign-up is confirmed. It may be gone by then. No foreign key: a confirmation locks its sign-up and then the invitation, and the key of a withdrawn invitation would lock them in the other order.';

-- +goose Down
alter table sign_ups
    drop column invitation_uuid;
drop function live_invitations;
drop table invitations;
drop table place;
