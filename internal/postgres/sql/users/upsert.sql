-- Inserts the member of a confirmed account. A second delivery of the same confirmation changes only the
-- e-mail address; a placeholder (see postconfirm) never replaces an address, and an unverified address never
-- replaces a verified one. Called by postconfirm. A handle or e-mail address of another member is a unique
-- violation (users_handle_key, users_email_key), with one exception: a verified address is taken from a
-- member who has not verified it, and who gets the placeholder, in the same statement. Carried by
-- users_email_key. Deliveries of one account run one after the other: concurrent inserts with three unique
-- indexes can deadlock, because on conflict covers only the index that it names.
with turn as materialized (
    select pg_advisory_xact_lock(hashtextextended('cruddur member ' || @cognito_user_id::text, 0))
),

yielded as (
    update users
    set email = users.cognito_user_id || '@no-address.invalid',
        updated_at = @now::timestamptz
    from turn
    where @email_verified::boolean
        and lower(users.email) = lower(@email::text)
        and not users.email_verified
        and users.cognito_user_id <> @cognito_user_id
    returning 1
)

insert into users (handle, display_name, email, email_verified, cognito_user_id, created_at, updated_at)
select
    @handle::text,
    @display_name::text,
    @email,
    @email_verified,
    @cognito_user_id,
    @now,
    @now
from turn
where (select count(*) from yielded) >= 0 -- after it
on conflict (cognito_user_id) do update
    set email = case
            when excluded.email like '%@no-address.invalid' then users.email
            when users.email_verified and not excluded.email_verified then users.email
            else excluded.email
        end,
        email_verified = users.email_verified or excluded.email_verified,
        updated_at = excluded.updated_at
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
