-- A member's stored data, for themselves. Called by the export; carried by users_pkey.
-- Times are written as in the rest of the API: RFC 3339 in UTC, with microseconds.
select
    uuid,
    handle,
    display_name,
    bio,
    email,
    extract(epoch from default_ttl)::bigint as default_ttl_seconds,
    likes_public,
    language,
    role,
    to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as created_at,
    to_char(updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as updated_at
from users
where uuid = @uuid::uuid
