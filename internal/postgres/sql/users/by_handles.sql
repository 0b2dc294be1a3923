-- The members with some handles, which are in lower case. Called by the search for from:handle. Carried by
-- users_handle_key.
select u.uuid
from users u
where lower(u.handle) = any (@handles::text[])
