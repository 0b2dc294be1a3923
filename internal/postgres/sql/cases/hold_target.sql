-- Holds the open case of a target, so that it is not closed before the report is in it. Called after cases/open_activity,
-- in a statement of its own for the reason that activities/hold_counted gives. Carried by cases_kind_target_uuid_key.
select c.uuid
from cases c
where c.kind = @kind::text
    and c.target_uuid = @target_uuid::uuid
for key share of c
