-- Members who are not suspended, by the beginning of their handle or by the words of their display name: who
-- has that handle first, then by handle, then by name. Called by the search. Carried by users_handle_start_idx
-- and user_search_words_idx. Words of a name that the member no longer has find nothing.
with found as (
    (
        select
            u.uuid,
            1 as rank
        from users u
        where u.handle collate "C" >= @start::text
            and u.handle collate "C" < @start || '~'
            and u.suspended_at is null
        order by u.handle collate "C"
        limit 10
    )
    union all
    (
        select
            u.uuid,
            2
        from user_search s
        join users u on u.uuid = s.user_uuid
        where s.words @@ @names::text::tsquery
            and s.display_name = u.display_name
            and u.suspended_at is null
        order by u.handle
        limit 10
    )
)

select
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.avatar_uuid,
    u.uuid as place
from (select uuid, min(rank) as rank from found group by uuid) f
join users u on u.uuid = f.uuid
order by
    f.rank,
    u.handle collate "C"
limit 10
