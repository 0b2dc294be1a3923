-- The newest activities that match a query, whether visible or not, before a cursor. Called by the search if the
-- newest do not fill a page: then the word is rare, or its cruds are old, and activity_search_words_idx finds them
-- sooner than a walk. The planner does not know which words are rare, so it is told which scans to use
-- (settings/plan_bitmap).
select s.activity_uuid
from activity_search s
where s.words @@ @query::tsquery
    and s.activity_uuid < @before::uuid
order by s.activity_uuid desc
limit 200
