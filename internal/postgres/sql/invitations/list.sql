-- The invitations that hold, newest first, at most 1000. Called by the operator's page and by "cruddur invite
-- list".
select
    uuid,
    note,
    uses,
    used,
    created_by,
    created_at,
    expires_at
from live_invitations(@now::timestamptz)
order by uuid desc
limit 1000
