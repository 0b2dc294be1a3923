-- Ends the family of a refresh token: on sign-out, and when a token is used for the second time.
delete from token_families
where uuid = (select family_uuid from refresh_tokens where token_hash = @token_hash::bytea)
