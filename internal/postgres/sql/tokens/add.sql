-- Stores the hash of a refresh token.
insert into refresh_tokens (token_hash, family_uuid, created_at)
values (@token_hash::bytea, @family_uuid::uuid, @now::timestamptz)
