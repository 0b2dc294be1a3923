-- Begins a family of tokens, if the password that was checked is still the account's. The share lock makes it
-- wait for a concurrent change of the password, and then find the new hash.
insert into token_families (account_uuid, last_used_at, expires_at, created_at)
select
    uuid,
    @now::timestamptz,
    @expires_at::timestamptz,
    @now::timestamptz
from accounts
where uuid = @account_uuid::uuid
    and password_hash = @password_hash::text
for share
returning uuid
