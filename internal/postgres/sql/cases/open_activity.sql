-- Opens the case of a visible crud or reply with a copy of it, unless it is open. Called when it is reported, after
-- messages/hold_members, which keeps its author; before reports/add. Carried by activities_pkey and
-- pictures_activity_uuid_position_key.
with opened as (
    insert into cases (uuid, kind, target_uuid, member_uuid, handle, opened_at, expires_at)
    select
        uuid_v7(@now::timestamptz),
        'activity',
        a.uuid,
        a.user_uuid,
        u.handle,
        @now,
        @now + @life::interval
    from live_activities(@now) a
    join users u on u.uuid = a.user_uuid
    where a.uuid = @target_uuid::uuid
    on conflict (kind, target_uuid) do nothing
    returning uuid, target_uuid
),

copied as (
    insert into case_evidence (case_uuid, display_name, message, content_warning, written_at, ends_at)
    select
        o.uuid,
        u.display_name,
        a.message,
        @content_warning::text,
        a.created_at,
        a.expires_at
    from opened o
    join live_activities(@now) a on a.uuid = o.target_uuid
    join users u on u.uuid = a.user_uuid
)

insert into case_pictures (case_uuid, position, alt, width, height, extension, bytes)
select
    o.uuid,
    p.position,
    p.alt,
    p.width,
    p.height,
    p.extension,
    n.bytes
from opened o
join live_pictures(@now) p on p.activity_uuid = o.target_uuid
left join unnest(@picture_uuids::uuid[], @copies::bytea[]) as n (uuid, bytes) on n.uuid = p.uuid
