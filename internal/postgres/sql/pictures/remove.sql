-- Deletes a member's own picture that is not used; no row if it is not theirs, or used. Called by the API and by
-- the forms that post, and after an upload whose bytes could not be stored.
delete from pictures p
where p.uuid = @uuid::uuid
    and p.user_uuid = @user_uuid::uuid
    and not p.used
returning p.uuid
