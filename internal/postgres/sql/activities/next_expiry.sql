-- When the next stored activity expires, or null. Called by the sweeper, to wake up in time. Carried by
-- activities_expires_at_idx.
select min(expires_at) as next_expires_at
from activities
