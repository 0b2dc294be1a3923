-- Removes a sign-up, so that its account can be made in the same transaction; a second attempt finds no row.
-- All the address's sign-ups are locked first, newest first as in sign_ups/try: if two codes of one address
-- are used at once, the later transaction waits here without holding a lock, and finds its sign-up deleted
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
    password_hash,
    invitation_uuid
