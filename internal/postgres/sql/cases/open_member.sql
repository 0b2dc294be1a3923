-- Opens the case of a member who is not suspended, with a copy of what they show of themselves, unless it is open. Called
-- as cases/open_activity. Carried by users_pkey and pictures_pkey.
with opened as (
    insert into cases (uuid, kind, target_uuid, member_uuid, handle, opened_at, expires_at)
    select
        uuid_v7(@now::timestamptz),
        'member',
        u.uuid,
        u.uuid,
        u.handle,
        @now,
        @now + @life::interval
    from users u
    where u.uuid = @target_uuid::uuid
        and u.suspended_at is null
    on conflict (kind, target_uuid) do nothing
    returning uuid, target_uuid
),

copied as (
    insert into case_evidence (case_uuid, display_name, message, written_at)
    select
        o.uuid,
        u.display_name,
        u.bio,
        u.updated_at
    from opened o
    join users u on u.uuid = o.target_uuid
)

insert into case_pictures (case_uuid, position, alt, width, height, extension, bytes)
select
    o.uuid,
    case when p.kind = 'avatar' then 0 else 1 end,
    p.alt,
    p.width,
    p.height,
    p.extension,
    n.bytes
from opened o
join users u on u.uuid = o.target_uuid
join live_pictures(@now) p on p.uuid in (u.avatar_uuid, u.banner_uuid)
left join unnest(@picture_uuids::uuid[], @copies::bytea[]) as n (uuid, bytes) on n.uuid = p.uuid
