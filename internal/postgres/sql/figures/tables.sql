-- The sizes of the largest tables in bytes, with their indexes and what is stored beside them, the largest first.
-- Called by the operator's page.
select
    c.relname::text as name,
    pg_total_relation_size(c.oid) as bytes
from pg_class c
where c.relnamespace = 'public'::regnamespace
    and c.relkind = 'r'
order by
    bytes desc,
    name
limit 10
