-- The invitation of a link, if it holds and is not used up. Called when the link is opened and by a sign-up.
-- Carried by invitations_token_hash_key.
select
    uuid,
    note,
    uses,
    used,
    created_by,
    created_at,
    expires_at
from live_invitations(@now::timestamptz)
where token_hash = @token_hash::bytea
    and used < uses
