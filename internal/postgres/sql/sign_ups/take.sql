-- Takes a sign-up out, for its account to be made in the same transaction; whoever comes second finds
-- none. All the address's sign-ups are locked before, newest first as in sign_ups/try: of two codes of one
-- address the later waits here with nothing in its hands, and finds its sign-up forgotten
-- (sign_ups/drop_all). Carried by sign_ups_pkey and sign_ups_email_idx.
with locked as materialized (
    select uuid
    from sign_ups
    where lower(email) = (select lower(email) from sign_ups where uuid = @uuid::uuid)
    order by uuid desc
    for update
)

delete from sign_ups
where uuid = @uuid
    and (select count(*) from locked) > 0
    and not taken
    and expires_at > @now::timestamptz
returning
    email,
    display_name,
    handle,
    password_hash
