-- Deletes the avatars or banners of a member before the one that they have now. Called after pictures/set_face.
-- Carried by pictures_user_idx.
delete from pictures p
where p.user_uuid = @user_uuid::uuid
    and p.kind = @kind::text
    and p.used
    and p.uuid is distinct from @picture_uuid::uuid
