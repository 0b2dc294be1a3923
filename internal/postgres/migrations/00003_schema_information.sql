-- +goose Up

create table schema_information (
    single boolean constraint schema_information_pkey primary key default true
        constraint schema_information_single_check check (single),
    environment text not null
        constraint schema_information_environment_check check (environment ~ '^[a-z0-9][a-z0-9_-]{0,39}$'),
    protected boolean not null,
    marked_at timestamptz not null default now(),
    marked_by text not null default session_user
        constraint schema_information_marked_by_length_check check (char_length(marked_by) <= 63)
);

comment on table schema_information is
    'What this database says of itself: the environment it serves and whether a command that destroys must ask first. One row, or none as long as no operator has marked it. Written by cruddur db.';

-- +goose Down
drop table schema_information;
