-- Lets an activity show some pictures, in their order. Called after pictures/hold, in the transaction that has stored
-- the activity.
with shown as (
    update pictures p
    set activity_uuid = @activity_uuid::uuid,
        position = n.place - 1,
        used = true
    from unnest(@uuids::uuid[]) with ordinality as n (uuid, place)
    where p.uuid = n.uuid
        and not p.used
)

update activities a
set pictures_count = cardinality(@uuids)
where a.uuid = @activity_uuid
returning a.uuid
