-- +goose Up

alter table users
    add column silenced_at timestamptz;
create index users_silenced_idx on users (uuid) where silenced_at is not null;
comment on column users.silenced_at is 'Since when what the member writes is shown only to those who follow them or ask for it; null: it is shown to all.';

-- +goose Down
alter table users
    drop column silenced_at;
