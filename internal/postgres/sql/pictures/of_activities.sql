-- The pictures of some activities, in their order. Called for a page that shows activities with pictures. Carried
-- by pictures_activity_uuid_position_key.
select
    n.place,
    p.uuid,
    p.alt,
    p.width,
    p.height,
    p.color,
    p.extension
from unnest(@uuids::uuid[]) with ordinality as n (uuid, place)
join pictures p on p.activity_uuid = n.uuid
where exists (
    select
    from live_pictures(@now::timestamptz) l
    where l.uuid = p.uuid
)
order by
    n.place,
    p.position
