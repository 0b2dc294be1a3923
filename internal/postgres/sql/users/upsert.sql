-- Inserts the member of a confirmed account; a second delivery of the same confirmation changes
-- nothing but the e-mail address, which a placeholder (see postconfirm) never replaces. Called by
-- postconfirm. A handle or e-mail that another member holds is a unique violation (users_handle_key,
-- users_email_key).
insert into users (handle, display_name, email, cognito_user_id, created_at, updated_at)
values (@handle::text, @display_name::text, @email::text, @cognito_user_id::text, @now::timestamptz, @now::timestamptz)
on conflict (cognito_user_id) do update
    set email = case when excluded.email like '%@no-address.invalid' then users.email else excluded.email end,
        updated_at = excluded.updated_at
returning
    uuid,
    handle,
    display_name,
    bio,
    default_ttl,
    created_at,
    email,
    cognito_user_id
