-- Deletes every signing key but one. Called by "cruddur user rotate-key": what the others have signed
-- is refused from then on.
delete from signing_keys
where kid <> @kid::text
