-- Deletes a member; their activities go by foreign key. Called by account deletion.
delete from users
where uuid = @uuid::uuid
returning uuid
