-- Stores a signing key.
insert into signing_keys (kid, private_key, created_at)
values (@kid::text, @private_key::bytea, @now::timestamptz)
