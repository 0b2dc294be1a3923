-- The live replies of a conversation, oldest first, newer than a cursor. Called by the page of the crud that
-- began it. Carried by activities_thread_idx. A reply's uuid is greater than that of what it replies to, so
-- what a page shows hangs on something that this page or an earlier one shows.
select a.*
from displayed_activities(@now::timestamptz) a
where a.root_uuid = @uuid::uuid
    and a.uuid > @after::uuid
order by a.uuid
limit 200
