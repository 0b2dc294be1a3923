-- Deletes an account; foreign keys delete its tokens and recovery codes.
delete from accounts
where uuid = @uuid::uuid
returning uuid
