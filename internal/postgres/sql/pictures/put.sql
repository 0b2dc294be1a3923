-- Stores the bytes of one size of a picture. Called by the store in this database.
insert into picture_bytes (picture_uuid, size, bytes)
values (@picture_uuid::uuid, @size::text, @bytes::bytea)
on conflict (picture_uuid, size) do update set bytes = excluded.bytes
