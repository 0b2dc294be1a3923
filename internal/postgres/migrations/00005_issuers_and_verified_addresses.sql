-- +goose Up

alter table users add column email_verified boolean not null default false;
comment on column users.email_verified is 'The identity provider has seen that the member reads mail at this address. An address that is not verified yields to a member who has verified it.';

-- A role that may change nothing but the address, such as the post-confirmation function's, must be able
-- to change this with it.
-- +goose StatementBegin
do $$
declare
    grantee regrole;
begin
    for grantee in
        select distinct acl.grantee::regrole
        from pg_attribute a, aclexplode(a.attacl) acl
        where a.attrelid = 'users'::regclass
            and a.attname = 'email'
            and acl.privilege_type = 'UPDATE'
            and acl.grantee <> 0
    loop
        execute format('grant update (email_verified) on users to %s', grantee);
    end loop;
end
$$;
-- +goose StatementEnd

create table issuers (
    issuer text constraint issuers_pkey primary key
        constraint issuers_issuer_length_check check (char_length(issuer) between 1 and 1024),
    named_at timestamptz not null,
    ended_at timestamptz
);
create unique index issuers_current_key on issuers ((ended_at is null)) where ended_at is null;

comment on table issuers is 'Who issues access tokens (their claim iss): this place, whichever server signs. One is current; tokens of those before it count until their end.';
comment on column issuers.ended_at is 'Since when another one is current; null: this one.';

-- +goose Down
drop table issuers;
alter table users drop column email_verified;
