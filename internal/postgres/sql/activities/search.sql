-- The newest live activities that match a query, or are by some members, older than a cursor. Called by the
-- search of page and API, which has it planned for its arguments: a rare word is looked up in
-- activity_search_words_idx, and for a common one activity_search_pkey is read backwards in time until twenty
-- are found. For a member's cruds activities_user_idx carries it.
select a.*
from activity_search s
join shown_activities(@now::timestamptz) a on a.uuid = s.activity_uuid
where (@query::text is null or s.words @@ @query::tsquery)
    and (@authors::uuid[] is null or a.user_uuid = any (@authors::uuid[]))
    and a.uuid < @before::uuid
order by a.uuid desc
limit 20
