-- Tells all servers that the numbers of some activities have changed. Called by each server at most twice a second, after the
-- transactions that changed them: nobody who likes something waits for it.
insert into changes (kind, subject_uuid)
select
    'counts',
    n.uuid
from unnest(@uuids::uuid[]) as n (uuid)
