-- +goose Up
create table certificates (
    name text constraint certificates_pkey primary key
        constraint certificates_name_length_check check (char_length(name) between 1 and 600),
    content bytea not null
        constraint certificates_content_length_check check (octet_length(content) <= 65536),
    updated_at timestamptz not null
);
comment on table certificates is 'The certificate of the domain with its private key, the key of the account at the authority, and the challenge that is under way, for all servers of this database. Dumps leave the rows out: a server without them gets a new certificate.';
comment on column certificates.content is 'PEM, not encrypted, as signing_keys.private_key.';

-- +goose Down
drop table certificates;
