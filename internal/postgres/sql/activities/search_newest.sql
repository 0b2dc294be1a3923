-- The newest live activities that match a query, among the 4,000 newest before a cursor, by members who are not
-- silenced. Called by the search of
-- page and API before anything else: a common word fills a page here. activity_search_pkey is read backwards in
-- time, at 0.4 ms for each thousand.
select a.*
from (
    select
        s.activity_uuid,
        s.words
    from activity_search s
    where s.activity_uuid < @before::uuid
    order by s.activity_uuid desc
    limit 4000
) s
join displayed_activities(@now::timestamptz) a on a.uuid = s.activity_uuid
where s.words @@ @query::tsquery
    and not a.silenced
order by s.activity_uuid desc
limit 20
