-- Withdraws an invitation and returns its note. Called by the operator's page and by "cruddur invite revoke".
delete from invitations
where uuid = @uuid::uuid
returning note
