-- +goose Up

alter table users add column suspended_at timestamptz;
comment on column users.suspended_at is 'Since when the member may neither sign in nor use a session or token; null: not suspended.';

create table accounts (
    uuid uuid constraint accounts_pkey primary key default uuid_v7(),
    email text not null
        constraint accounts_email_length_check check (char_length(email) between 3 and 254),
    password_hash text not null
        constraint accounts_password_hash_length_check check (char_length(password_hash) between 1 and 256),
    password_changed_at timestamptz not null,
    created_at timestamptz not null
);
create unique index accounts_email_key on accounts (lower(email));

comment on table accounts is 'The confirmed accounts of the local identity. The text of uuid is the subject: users.cognito_user_id. Empty where Amazon Cognito keeps the accounts.';
comment on column accounts.password_hash is 'argon2id as a PHC string, with its parameters and salt.';

create table sign_ups (
    uuid uuid constraint sign_ups_pkey primary key default uuid_v7(),
    email text not null
        constraint sign_ups_email_length_check check (char_length(email) between 3 and 254),
    display_name text not null
        constraint sign_ups_display_name_length_check check (char_length(display_name) between 1 and 50),
    handle text not null
        constraint sign_ups_handle_length_check check (char_length(handle) between 2 and 30),
    password_hash text not null
        constraint sign_ups_password_hash_length_check check (char_length(password_hash) between 1 and 256),
    taken boolean not null,
    code_hash bytea not null
        constraint sign_ups_code_hash_length_check check (octet_length(code_hash) = 32),
    code_expires_at timestamptz not null,
    tries integer not null default 0
        constraint sign_ups_tries_check check (tries between 0 and 5),
    expires_at timestamptz not null,
    created_at timestamptz not null
);
create index sign_ups_email_idx on sign_ups (lower(email), uuid desc);
create index sign_ups_expires_at_idx on sign_ups (expires_at);

comment on table sign_ups is 'Attempts to sign up that wait for their code. Each keeps its own password and code, so that a code can only ever activate the password of the attempt that it was sent for.';
comment on column sign_ups.taken is 'The address had an account already. The row is there only so that both cases cost the same; its code was sent to nobody.';
comment on column sign_ups.tries is 'Wrong codes since the last code was made; at five the code is dead.';

create table recoveries (
    address_hash bytea constraint recoveries_pkey primary key
        constraint recoveries_address_hash_length_check check (octet_length(address_hash) = 32),
    account_uuid uuid
        constraint recoveries_account_uuid_fkey references accounts (uuid) on delete cascade,
    code_hash bytea not null
        constraint recoveries_code_hash_length_check check (octet_length(code_hash) = 32),
    tries integer not null default 0
        constraint recoveries_tries_check check (tries between 0 and 6),
    expires_at timestamptz not null,
    created_at timestamptz not null
);
create index recoveries_expires_at_idx on recoveries (expires_at);
create index recoveries_account_uuid_idx on recoveries (account_uuid) where account_uuid is not null;

comment on table recoveries is 'The code for a new password, one per address, by the SHA-256 of the address. An address without an account gets a row too, with null and a code that nobody knows, so that both cases cost the same.';

create table sign_in_attempts (
    address_hash bytea constraint sign_in_attempts_pkey primary key
        constraint sign_in_attempts_address_hash_length_check check (octet_length(address_hash) = 32),
    failures integer not null
        constraint sign_in_attempts_failures_check check (failures > 0),
    quiet_since timestamptz not null,
    locked_until timestamptz
);
create index sign_in_attempts_quiet_since_idx on sign_in_attempts (quiet_since);

comment on table sign_in_attempts is 'Failed sign-ins in a row, by the SHA-256 of the address, whether or not it has an account: a lockout must not tell.';
comment on column sign_in_attempts.quiet_since is 'The last failure, or the end of the lockout that it brought; a quarter of an hour later the count begins anew.';

create table token_families (
    uuid uuid constraint token_families_pkey primary key default uuid_v7(),
    account_uuid uuid not null
        constraint token_families_account_uuid_fkey references accounts (uuid) on delete cascade,
    last_used_at timestamptz not null,
    expires_at timestamptz not null,
    created_at timestamptz not null
);
create index token_families_account_uuid_idx on token_families (account_uuid);
create index token_families_expires_at_idx on token_families (expires_at);

comment on table token_families is 'One row for each time a program signed in. An access token names its family (origin_jti) and is dead once the row is gone; so are all its refresh tokens.';

create table refresh_tokens (
    token_hash bytea constraint refresh_tokens_pkey primary key
        constraint refresh_tokens_token_hash_length_check check (octet_length(token_hash) = 32),
    family_uuid uuid not null
        constraint refresh_tokens_family_uuid_fkey references token_families (uuid) on delete cascade,
    used_at timestamptz,
    created_at timestamptz not null
);
create index refresh_tokens_family_uuid_idx on refresh_tokens (family_uuid);

comment on table refresh_tokens is 'The SHA-256 of every refresh token of a living family. A used one stays, so that its second use is noticed and ends the family.';

create table signing_keys (
    kid text constraint signing_keys_pkey primary key
        constraint signing_keys_kid_length_check check (char_length(kid) between 1 and 64),
    private_key bytea not null
        constraint signing_keys_private_key_length_check check (octet_length(private_key) <= 4096),
    created_at timestamptz not null
);

comment on table signing_keys is 'The RSA keys that sign access tokens. The newest signs, the others verify until they are swept.';
comment on column signing_keys.private_key is 'PKCS #8, not encrypted: there is no safer place that every installation has. Rotation makes an old backup worthless.';

create table sessions (
    uuid uuid constraint sessions_pkey primary key default uuid_v7(),
    user_uuid uuid not null
        constraint sessions_user_uuid_fkey references users (uuid) on delete cascade,
    token_hash bytea not null
        constraint sessions_token_hash_key unique
        constraint sessions_token_hash_length_check check (octet_length(token_hash) = 32),
    user_agent text not null default ''
        constraint sessions_user_agent_length_check check (char_length(user_agent) <= 256),
    address text not null default ''
        constraint sessions_address_length_check check (char_length(address) <= 64),
    last_used_at timestamptz not null,
    created_at timestamptz not null
);
create index sessions_user_uuid_idx on sessions (user_uuid, last_used_at desc);
create index sessions_last_used_at_idx on sessions (last_used_at);

comment on table sessions is 'The browsers that are signed in, whichever identity provider is chosen. Only the SHA-256 of the cookie is kept.';

-- +goose Down
drop table sessions;
drop table signing_keys;
drop table refresh_tokens;
drop table token_families;
drop table sign_in_attempts;
drop table recoveries;
drop table sign_ups;
drop table accounts;
alter table users drop column suspended_at;
