-- Deletes an account; its tokens and recovery codes go by foreign key.
delete from accounts
where uuid = @uuid::uuid
returning uuid
