-- Whether a member has the handle. Called by sign-up; carried by users_handle_key.
select exists (
    select
    from users
    where lower(handle) = lower(@handle::text)
) as taken
