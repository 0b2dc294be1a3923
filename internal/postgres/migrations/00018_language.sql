-- +goose Up

alter table users
    add column language text not null default ''
        constraint users_language_check check (char_length(language) <= 35);
comment on column users.language is 'The BCP 47 tag of the language in which the member reads the pages; '''': the one that their browser asks for.';

-- +goose Down
alter table users
    drop column language;
