-- Deletes what is under a name: a challenge, once it is over.
delete from certificates
where name = @name::text
