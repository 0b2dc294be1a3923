-- Ends the family of a refresh token: at sign-out, and if a token is used for a second time.
delete from token_families
where uuid = (select family_uuid from refresh_tokens where token_hash = @token_hash::bytea)
