-- What is kept of a member that is theirs, for their own eyes. Called by the export; carried by users_pkey.
select
    uuid,
    handle,
    display_name,
    bio,
    email,
    extract(epoch from default_ttl)::bigint as default_ttl_seconds,
    created_at,
    updated_at
from users
where uuid = @uuid::uuid
