-- Inserts the member of a confirmed account; a second delivery of the same confirmation changes
-- nothing but the e-mail address, which a placeholder (see postconfirm) never replaces. Called by
-- postconfirm. A handle or e-mail that another member holds is a unique violation (users_handle_key,
-- users_email_key). Deliveries of one account take turns: inserts at once that meet in three unique
-- indexes wait for each other in a circle, for on conflict backs out of the one index it names.
with turn as materialized (
    select pg_advisory_xact_lock(hashtextextended('cruddur member ' || @cognito_user_id::text, 0))
)

insert into users (handle, display_name, email, cognito_user_id, created_at, updated_at)
select
    @handle::text,
    @display_name::text,
    @email::text,
    @cognito_user_id::text,
    @now::timestamptz,
    @now::timestamptz
from turn
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
