-- +goose Up

-- A migration of its own: one that locks both users and activities against readers can meet one that reads both.
alter table users add column likes_public boolean not null default false;
comment on column users.likes_public is 'Whether others may see what the member likes.';

-- +goose Down
alter table users drop column likes_public;
