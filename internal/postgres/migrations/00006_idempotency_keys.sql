-- +goose Up

alter table activities add column idempotency_key text
    constraint activities_idempotency_key_length_check check (char_length(idempotency_key) between 1 and 64);
create unique index activities_idempotency_key on activities (user_uuid, idempotency_key) where idempotency_key is not null;

comment on column activities.idempotency_key is 'What its author''s form or program called the attempt to post it: a second attempt of that name makes no second row. It goes with the row. Null: nothing was said.';

-- +goose Down
alter table activities drop column idempotency_key;
