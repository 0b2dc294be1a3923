-- Ends every family of an account.
delete from token_families
where account_uuid = @account_uuid::uuid
