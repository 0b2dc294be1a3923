-- Deletes a member; foreign keys delete their activities. Called by account deletion.
delete from users
where uuid = @uuid::uuid
returning uuid
