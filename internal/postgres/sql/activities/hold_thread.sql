-- Holds the thread that an activity began alone until the transaction ends, as activities/hold does.
select r.uuid
from activities r
where r.uuid = @uuid::uuid
for update
