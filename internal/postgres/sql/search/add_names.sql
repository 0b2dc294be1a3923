-- Stores the words of display names that members still have, and counts them. Called when a member gets a name
-- and by the sweeper's indexer. A member whose row somebody holds is left to the next call.
with held as materialized (
    select
        n.uuid,
        n.display_name,
        n.words
    from unnest(@uuids::uuid[], @display_names::text[], @words::text[]) as n (uuid, display_name, words)
    join users u on u.uuid = n.uuid and u.display_name = n.display_name
    for key share of u skip locked
),

stored as (
    insert into user_search (user_uuid, display_name, words)
    select
        h.uuid,
        h.display_name,
        h.words::tsvector
    from held h
    on conflict (user_uuid) do update
        set display_name = excluded.display_name,
            words = excluded.words
    returning 1
)

select count(*) from stored
