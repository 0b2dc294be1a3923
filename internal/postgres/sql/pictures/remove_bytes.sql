-- Deletes the bytes of one size of a picture. Called by the store in this database.
delete from picture_bytes
where picture_uuid = @picture_uuid::uuid
    and size = @size::text
