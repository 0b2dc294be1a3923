-- Stores words and tags of activities that have none yet, and counts the activities. Tags come as pairs of a
-- position and a tag. Called by the sweeper's indexer. One that somebody deletes at that moment is left out, so
-- that nobody waits.
with held as materialized (
    select a.uuid
    from activities a
    where a.uuid = any (@uuids::uuid[])
    for key share skip locked
),

new as materialized (
    select
        n.place,
        n.uuid,
        n.words
    from unnest(@uuids, @words::text[]) with ordinality as n (uuid, words, place)
    join held h on h.uuid = n.uuid
),

searched as (
    insert into activity_search (activity_uuid, words)
    select
        n.uuid,
        n.words::tsvector
    from new n
    on conflict do nothing
    returning 1
),

tagged as (
    insert into activity_tags (tag, activity_uuid)
    select
        t.tag,
        n.uuid
    from new n
    join unnest(@tag_places::bigint[], @tags::text[]) as t (place, tag) on t.place = n.place
    on conflict do nothing
)

select count(*) from searched
