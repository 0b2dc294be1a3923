-- The newest live activities by some members that match a query, or all of them, older than a cursor. Called by
-- the search of page and API, which has it planned for its arguments: for a member's cruds activities_user_idx
-- carries it, for a rare word activity_search_words_idx.
select a.*
from activity_search s
join displayed_activities(@now::timestamptz) a on a.uuid = s.activity_uuid
where (@query::text is null or s.words @@ @query::tsquery)
    and a.user_uuid = any (@authors::uuid[])
    and a.uuid < @before::uuid
order by a.uuid desc
limit 20
