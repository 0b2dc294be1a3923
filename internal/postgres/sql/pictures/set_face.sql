-- Makes a member's own unused picture their avatar or banner, or takes it off (null). No row if the picture is not
-- theirs, not of that kind, or used. Called after pictures/hold_member.
with named as (
    update pictures p
    set used = true
    where p.uuid = @picture_uuid::uuid
        and p.user_uuid = @user_uuid::uuid
        and p.kind = @kind::text
        and not p.used
    returning p.uuid
)

update users u
set avatar_uuid = case when @kind = 'avatar' then @picture_uuid else u.avatar_uuid end,
    banner_uuid = case when @kind = 'banner' then @picture_uuid else u.banner_uuid end,
    updated_at = @now::timestamptz
where u.uuid = @user_uuid
    and (@picture_uuid is null or exists (select from named))
returning u.uuid
