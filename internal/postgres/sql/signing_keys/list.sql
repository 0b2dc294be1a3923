-- The signing keys, newest first.
select
    kid,
    private_key,
    created_at
from signing_keys
order by created_at desc, kid
