-- Gives a member's own picture another alternative text; no row if it is not theirs or cannot be seen. Called by the
-- API and by the forms that post. Carried by pictures_pkey.
update pictures p
set alt = @alt::text
where p.uuid = @uuid::uuid
    and p.user_uuid = @user_uuid::uuid
    and p.kind = 'crud'
    and (
        not p.used and p.created_at + @life::interval > @now::timestamptz
        or exists (
            select
            from live_pictures(@now) l
            where l.uuid = p.uuid
        )
    )
returning p.activity_uuid
