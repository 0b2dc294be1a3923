-- One picture, if it can be seen: by anybody, or by its owner if it is not used yet; and until when. Called before
-- its bytes are served, and by the API. Carried by pictures_pkey.
select
    p.uuid,
    p.user_uuid,
    p.kind,
    p.activity_uuid,
    p.used,
    p.alt,
    p.width,
    p.height,
    p.color,
    p.extension,
    p.bytes,
    p.content_hash,
    p.created_at,
    a.expires_at
from live_pictures(@now::timestamptz) p
left join live_activities(@now) a on a.uuid = p.activity_uuid
where p.uuid = @uuid::uuid
union all
select
    p.uuid,
    p.user_uuid,
    p.kind,
    p.activity_uuid,
    p.used,
    p.alt,
    p.width,
    p.height,
    p.color,
    p.extension,
    p.bytes,
    p.content_hash,
    p.created_at,
    p.created_at + @life::interval
from pictures p
where p.uuid = @uuid
    and p.user_uuid = @viewer_uuid::uuid
    and not p.used
    and p.created_at + @life > @now
