-- All pictures of a member that can be seen at an instant, newest first: for the member's export. Carried by
-- pictures_user_idx.
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
    null::timestamptz as expires_at
from pictures p
where p.user_uuid = @user_uuid::uuid
    and (
        p.activity_uuid is null
        or exists (
            select
            from activities a
            where a.uuid = p.activity_uuid
                and a.expires_at > @now::timestamptz
        )
    )
order by p.uuid desc
