-- Holds an open case alone, before it is closed: no report is added meanwhile, and nobody else closes it. Called before
-- cases/close. Carried by cases_pkey.
select c.uuid
from cases c
where c.uuid = @uuid::uuid
for update of c
