-- The replies of the sample data, to cruds and replies that are there. Called by DB.Seed after seed.sql, until it
-- inserts nothing more: a reply to a reply comes in the next run. A reply lives with its thread.
with talk (handle, message, to_handle, to_message, age) as (
    values
        ('bram', 'That was me. The seats were very kind.', 'nour', 'Last round done.', '3 minutes'),
        ('nour', 'The back row still hums the tune.', 'bram', 'That was me. The seats', '2 minutes'),
        ('zadie', 'Next time play it past the library, please.', 'nour', 'The back row still hums', '1 minute'),
        ('moss', 'Two loaves against a bag of leeks?', 'ines_bakes', 'The first loaves are out', '9 minutes'),
        ('ines_bakes', 'Deal. Come round the back.', 'moss', 'Two loaves against', '7 minutes'),
        ('nour', 'I pass at 5:40 and I have a boot full of gloves to trade.', 'ines_bakes', 'The first loaves are out', '8 minutes'),
        ('lucia_r', 'Lo voy a robar para el capítulo nueve.', 'adaeze', 'Asked the class what a shadow', '20 minutes'),
        ('adaeze', 'She is nine and she wants royalties in stickers.', 'lucia_r', 'Lo voy a robar', '15 minutes'),
        ('oldmap', 'In surveying we say: the sun has not signed off yet.', 'adaeze', 'Asked the class what a shadow', '18 minutes'),
        ('sofus', 'Does it pay rent?', 'petrichor', 'Rain gauge number 7', '30 minutes'),
        ('petrichor', 'In mosquitoes, strictly on time. #fieldwork', 'sofus', 'Does it pay rent?', '28 minutes'),
        ('oldmap', 'What does the letter say? No, do not tell us.', 'tomasz', 'Found a love letter', '45 minutes'),
        ('zadie', 'Tell us everything.', 'oldmap', 'What does the letter say?', '40 minutes'),
        ('tomasz', 'Only the first line: "The accordion is lying again."', 'zadie', 'Tell us everything.', '30 minutes'),
        ('sofus', 'くろ、にしよう。', 'kaito', '港の猫が', '50 minutes'),
        ('kaito', 'もう黒いのが三匹いる。 #猫', 'sofus', 'くろ、', '41 minutes'),
        ('petrichor', 'Water before ten, and I bring the numbers to prove it.', 'moss', 'New here?', '3 hours'),
        ('bram', 'Is there a chair for a cello?', 'zadie', 'Quiet hour starts at four', '1 hour')
),

found as (
    select
        m.uuid as user_uuid,
        t.message,
        p.uuid as parent_uuid,
        coalesce(p.root_uuid, p.uuid) as root_uuid,
        p.expires_at,
        greatest(@now::timestamptz - t.age::interval, p.created_at + interval '1 second') as at
    from talk t
    join users m on m.cognito_user_id = 'seed:' || t.handle
    join users o on o.cognito_user_id = 'seed:' || t.to_handle
    join live_activities(@now) p on p.user_uuid = o.uuid and p.message like t.to_message || '%'
    where m.suspended_at is null
        and not exists (
            select
            from live_activities(@now) a
            where a.user_uuid = m.uuid
                and a.message = t.message
        )
),

stored as (
    insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, root_uuid, created_at, expires_at)
    select
        uuid_v7(f.at),
        f.user_uuid,
        f.message,
        f.parent_uuid,
        f.root_uuid,
        f.at,
        f.expires_at
    from found f
    where f.at < f.expires_at
    returning reply_to_activity_uuid
),

counted as (
    update activities a
    set replies_count = a.replies_count + n.replies
    from (select reply_to_activity_uuid as uuid, count(*) as replies from stored group by 1) n
    where a.uuid = n.uuid
)

select count(*) from stored
