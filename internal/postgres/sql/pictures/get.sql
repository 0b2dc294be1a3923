-- The bytes of one size of a picture. Called by the store in this database, after pictures/show has said that
-- the reader may see it. Carried by picture_bytes_pkey.
select bytes
from picture_bytes
where picture_uuid = @picture_uuid::uuid
    and size = @size::text
