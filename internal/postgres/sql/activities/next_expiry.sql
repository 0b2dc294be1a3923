-- When the next stored activity ends, or null. Called by the sweeper, to wake in time.
-- Carried by activities_expires_at_idx.
select min(expires_at) as next_expires_at
from activities
