-- +goose Up

alter table sign_ups add column browser_hash bytea
    constraint sign_ups_browser_hash_length_check check (octet_length(browser_hash) = 32);
comment on column sign_ups.browser_hash is 'The SHA-256 of a secret that the browser keeps in which the sign-up was begun: the code alone signs in there, and nowhere else. Null: it was begun by a program.';

-- +goose Down
alter table sign_ups drop column browser_hash;
