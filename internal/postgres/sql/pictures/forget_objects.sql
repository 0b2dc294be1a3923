-- Forgets objects that are deleted. Called by the sweeper after pictures/gone_objects.
delete from picture_objects
where name = any (@names::text[])
    and picture_uuid is null
