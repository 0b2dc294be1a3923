-- Inserts a picture that is not used yet, and for a store outside of the database the names of its two objects
-- (cruddur.Picture.Name); no row if its owner does not exist or is suspended. Called by an upload, before anything is
-- stored.
with stored as (
    insert into pictures (uuid, user_uuid, kind, alt, width, height, color, extension, bytes, content_hash, created_at)
    select
        uuid_v7(@now::timestamptz),
        u.uuid,
        @kind::text,
        @alt::text,
        @width::integer,
        @height::integer,
        @color::text,
        @extension::text,
        @bytes::integer,
        @content_hash::bytea,
        @now
    from users u
    where u.uuid = @user_uuid::uuid
        and u.suspended_at is null
    for key share of u
    returning uuid
),

named as (
    insert into picture_objects (name, picture_uuid)
    select
        s.uuid || '/' || n.size || '.' || @extension,
        s.uuid
    from stored s
    cross join (values ('large'), ('small')) as n (size)
    where @outside::boolean
)

select uuid
from stored
