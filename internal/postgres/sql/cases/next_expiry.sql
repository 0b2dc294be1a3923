-- When the next case ends, or null. Called by the sweeper, to wake up in time. Carried by cases_expires_at_idx.
select min(expires_at) as next_expires_at
from cases
