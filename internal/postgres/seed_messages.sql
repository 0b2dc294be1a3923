-- The private messages of the sample data, with times relative to @now. Called by DB.Seed. Running it again inserts
-- only what is missing.
with talk (from_handle, to_handle, message, age) as (
    values
        ('bram', 'nour', 'Which stop has the fewest steps? The cello has no knees.', '5 hours'),
        ('nour', 'bram', 'Harbour, rear door. I will wait for the lift.', '4 hours 50 minutes'),
        ('bram', 'nour', 'You are the best bus.', '4 hours 45 minutes'),
        ('ines_bakes', 'moss', 'Six loaves on Saturday?', '1 day'),
        ('moss', 'ines_bakes', 'Eight. We have told people.', '22 hours')
),

pairs as (
    select
        f.uuid as from_uuid,
        o.uuid as to_uuid,
        t.message,
        @now::timestamptz - t.age::interval as at
    from talk t
    join users f on f.cognito_user_id = 'seed:' || t.from_handle and f.suspended_at is null
    join users o on o.cognito_user_id = 'seed:' || t.to_handle and o.suspended_at is null
),

begun as (
    insert into conversations (first_uuid, second_uuid, first_accepted, second_accepted, last_uuid, last_at, created_at, expires_at)
    select
        least(p.from_uuid, p.to_uuid),
        greatest(p.from_uuid, p.to_uuid),
        true,
        true,
        uuid_v7(max(p.at) + interval '1 microsecond'),
        max(p.at),
        min(p.at),
        max(p.at) + interval '37 days'
    from pairs p
    group by 1, 2
    on conflict (first_uuid, second_uuid) do update
    set last_uuid = greatest(conversations.last_uuid, excluded.last_uuid),
        last_at = greatest(conversations.last_at, excluded.last_at),
        expires_at = greatest(conversations.expires_at, excluded.expires_at)
    returning uuid, first_uuid, second_uuid
)

insert into messages (uuid, conversation_uuid, user_uuid, message, created_at, expires_at)
select
    uuid_v7(p.at),
    b.uuid,
    p.from_uuid,
    p.message,
    p.at,
    p.at + interval '7 days'
from pairs p
join begun b on b.first_uuid = least(p.from_uuid, p.to_uuid) and b.second_uuid = greatest(p.from_uuid, p.to_uuid)
where not exists (
    select
    from messages m
    where m.user_uuid = p.from_uuid
        and m.message = p.message
        and m.expires_at > @now
)
