-- Holds the lock under which a member is suspended, let in again or deleted: alone, until the transaction
-- ends. Replies, likes, reposts and moved ends hold it together (the CTE "turn"), because they touch rows of
-- many members. Whoever holds it locks, in this order: members, the crud that began a conversation, activities
-- by uuid. So nobody waits in a circle.
select pg_advisory_xact_lock(hashtextextended('cruddur members', 0))::text as locked
