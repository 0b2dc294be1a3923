-- Holds the lock under which a member is suspended, let in again or deleted: alone, until the transaction
-- ends. Replies, likes, reposts, deletions and moved ends hold it together (the CTE "turn"), because they touch
-- rows of many members. Whoever holds it locks, in this order: members; then thread by thread, in the order of
-- the uuids of the cruds that began them, that crud and other activities of the thread by uuid. So nobody waits
-- in a circle. Statements that lock rows do nothing else: see activities/hold_counted.
select pg_advisory_xact_lock(hashtextextended('cruddur members', 0))::text as locked
