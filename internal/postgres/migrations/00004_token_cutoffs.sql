-- +goose Up

create table token_cutoffs (
    key text constraint token_cutoffs_pkey primary key
        constraint token_cutoffs_key_length_check check (char_length(key) between 1 and 200),
    ended_at timestamptz not null,
    expires_at timestamptz not null
);
create index token_cutoffs_expires_at_idx on token_cutoffs (expires_at);

comment on table token_cutoffs is 'Until when access tokens that another provider issued are dead here: Amazon Cognito''s outlive a reset, a change of password, a sign-out, a suspension and a deletion. Every server reads it with each request.';
comment on column token_cutoffs.key is 'A subject (users.cognito_user_id), or "family " and the origin_jti of one sign-in. No foreign key: the row of a deleted member goes, their tokens do not.';
comment on column token_cutoffs.ended_at is 'Tokens of a sign-in until this moment are dead. In the future for a family: nothing of it counts again.';
comment on column token_cutoffs.expires_at is 'When every such token has expired by itself; then the row is swept.';

-- +goose Down
drop table token_cutoffs;
