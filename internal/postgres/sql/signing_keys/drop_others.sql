-- Deletes every signing key except one. Called by "cruddur user rotate-key": tokens signed with the deleted
-- keys are rejected from then on.
delete from signing_keys
where kid <> @kid::text
