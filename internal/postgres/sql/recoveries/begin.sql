-- Stores the code for a new password, in place of an earlier one. An address without an account gets a row as
-- well; both cases cost the same. Returns the account and its address, or nulls.
insert into recoveries (address_hash, account_uuid, code_hash, tries, expires_at, created_at)
select
    @address_hash::bytea,
    (select uuid from accounts where lower(email) = lower(@email::text)),
    @code_hash::bytea,
    0,
    @expires_at::timestamptz,
    @now::timestamptz
on conflict (address_hash) do update
    set account_uuid = excluded.account_uuid,
        code_hash = excluded.code_hash,
        tries = 0,
        expires_at = excluded.expires_at,
        created_at = excluded.created_at
returning
    account_uuid,
    (select a.email from accounts a where a.uuid = recoveries.account_uuid) as email
