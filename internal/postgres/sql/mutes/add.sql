-- Lets a member mute another until an instant (null: for good); a mute that is there gets the new end. Returns
-- whether the other exists and is not suspended.
with added as (
    insert into mutes (uuid, muter_uuid, muted_uuid, ends_at)
    select
        uuid_v7(@now::timestamptz),
        @muter_uuid::uuid,
        u.uuid,
        @ends_at::timestamptz
    from users u
    where u.uuid = @muted_uuid::uuid
        and u.suspended_at is null
    on conflict (muter_uuid, muted_uuid) do update set uuid = excluded.uuid, ends_at = excluded.ends_at
    returning 1
)

select exists (select from added) as found
