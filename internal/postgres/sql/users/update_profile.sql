-- Changes a member's profile. Called by the settings page and the API.
update users
set display_name = coalesce(@display_name::text, display_name),
    bio = coalesce(@bio::text, bio),
    default_ttl = coalesce(@default_ttl::interval, default_ttl),
    likes_public = coalesce(@likes_public::boolean, likes_public),
    language = coalesce(@language::text, language),
    updated_at = @now::timestamptz
where uuid = @uuid::uuid
returning
    uuid,
    handle,
    display_name,
    bio,
    default_ttl,
    created_at,
    email,
    cognito_user_id,
    avatar_uuid,
    banner_uuid
