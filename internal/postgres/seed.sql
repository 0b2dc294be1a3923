-- The sample data: members and their cruds, with times relative to @now. Called by DB.Seed. Running it again
-- inserts only what is missing; an expired crud is inserted again with a new expiry, so that a demo is never
-- empty. Its members have no account, so nobody can sign in as one of them, and their subjects begin with
-- "seed:", so that a member of the same name is never taken for one.
with world (handle, display_name, bio, days) as (
    values
        ('ines_bakes', 'Inês', 'Bread before sunrise, physics after. Lisbon.', 210),
        ('tomasz', 'Tomasz K.', 'I repair accordions and, if asked nicely, bicycles.', 190),
        ('nour', 'Nour', 'Night bus driver. I see the city when it is honest.', 171),
        ('oldmap', 'Wilhelmina', 'Retired surveyor. I still count my steps.', 160),
        ('kaito', '海斗', '灯台と猫と、たまにプログラム。', 140),
        ('adaeze', 'Adaeze O.', 'Teaches nine-year-olds and is taught by them.', 122),
        ('sofus', 'Sofus', 'Small boat, large thermos.', 101),
        ('lucia_r', 'Lucía Rey', 'Traduzco novelas policiacas. Nunca adivino quién fue.', 88),
        ('petrichor', 'Priya', 'Hydrologist. Yes, I can smell it coming.', 64),
        ('bram', 'Bram', 'Learning the cello at 52. The neighbours are learning too.', 45),
        ('zadie', 'Zadie', 'Public library, second floor, the desk with the good lamp.', 23),
        ('moss', 'Moss Collective', 'Twelve people, one allotment, no plan.', 9)
), cruds (handle, message, age, life) as (
    values
        ('nour', 'Last round done. A man got on with a cello and apologised to every seat he passed.', '4 minutes', '3 hours'),
        ('ines_bakes', 'The first loaves are out and the street still sleeps. If you are up: the back door is open until six. #bread', '11 minutes', '1 hour'),
        ('bram', 'That was me with the cello, @nour. Thank you for waiting.', '2 minutes', '3 hours'),
        ('adaeze', 'Asked the class what a shadow is. "Where the light has not finished yet." I am putting that on the wall.', '26 minutes', '7 days'),
        ('petrichor', 'Rain gauge number 7 has a tenant: one frog, very small, unimpressed by science. #fieldwork', '38 minutes', '1 day'),
        ('moss', 'We have spare leeks. We have so many spare leeks. Gate is open till dark, bring a bag.', '47 minutes', '1 hour'),
        ('tomasz', 'Found a love letter from 1961 inside an accordion. The family still lives two streets away. Walking over now.', '52 minutes', '3 days'),
        ('kaito', '港の猫がまた一匹増えた。名前はまだない。#猫', '1 hour 5 minutes', '12 hours'),
        ('zadie', 'Quiet hour starts at four: tea, no phones, and nobody asks what you are reading.', '1 hour 20 minutes', '3 hours'),
        ('lucia_r', 'Página 212 y estoy segura de que fue el cartero. Nunca es el cartero. #novela', '1 hour 41 minutes', '1 day'),
        ('sofus', 'Fog so thick that I said good morning to a buoy.', '2 hours 12 minutes', '3 hours'),
        ('oldmap', 'Walked the old parish boundary: 11,204 steps. In 1987 it was 10,950. The parish has not grown.', '2 hours 30 minutes', '7 days'),
        ('ines_bakes', 'Experiment: one loaf got Bach, the other got the washing machine. The washing machine loaf rose higher. I have questions.', '3 hours', '3 days'),
        ('nour', 'Things left on the bus this week: four gloves (all left hands), a rice cooker, a poem. The poem is good.', '4 hours', '3 days'),
        ('adaeze', 'Lost property box is full of odd gloves, @nour. Do we have the right hands?', '3 hours 40 minutes', '1 day'),
        ('petrichor', 'Reminder: the stream under the market is real, it has a name, and on Sunday you can hear it through the grate by the fish stall. #hidden_rivers', '5 hours', '7 days'),
        ('bram', 'Today I played eight bars without stopping. The dog left at bar three, but slowly.', '6 hours', '12 hours'),
        ('moss', 'Seed swap this Saturday, ten o''clock, by the water butt. Bring what you have, take what you need, label it if you can read your own writing.', '7 hours', '7 days'),
        ('tomasz', 'She is 84. She read the letter twice, and then asked whether the accordion still plays. It does.', '20 minutes', '7 days'),
        ('zadie', 'A child asked for a book "about everything, but not too long". Suggestions welcome.', '8 hours', '3 days'),
        ('lucia_r', 'Buscando una palabra para "the silence after a door closes". El español la tiene, lo sé, pero hoy no me la quiere decir.', '9 hours', '3 days'),
        ('kaito', 'The lighthouse open day is on: 141 steps, one view. I will be at the top with barley tea.', '9 hours 30 minutes', '30 days'),
        ('sofus', 'If anyone misses a blue bucket: it is safe, it is with me, and it has been promoted to first mate.', '10 hours', '12 hours'),
        ('oldmap', 'Tip for lost walkers: rivers do not hurry to the right place, but they do get there.', '11 hours', '30 days'),
        ('adaeze', 'Spelling test. One boy wrote "tomorow" and next to it: "it comes anyway". Full marks.', '14 hours', '3 days'),
        ('ines_bakes', 'Looking for someone to take over my sourdough for two weeks in December. It answers to Henrique and needs feeding at seven. References required.', '16 hours', '30 days'),
        ('petrichor', 'How to measure a puddle: boots on, ruler in, dignity aside. #fieldwork #rain', '18 hours', '7 days'),
        ('nour', 'Whoever drew a door on the fogged window at the back: somebody else added a handle, and then somebody a key.', '19 hours', '1 day'),
        ('moss', 'Slugs 4, Lettuce 0. We congratulate the winners.', '21 hours', '3 days'),
        ('bram', 'My teacher says the note is not out of tune, it is merely early. I have never been so kindly corrected.', '22 hours', '7 days'),
        ('zadie', 'Book returned today, 31 years late, with a pressed fern and a note: "It took a while to finish." No fine.', '1 day 2 hours', '7 days'),
        ('tomasz', 'Free to a good home: one bicycle bell that only rings downhill.', '1 day 5 hours', '3 days'),
        ('lucia_r', 'La encontré: "desportazo". No existe. Debería. #palabras', '7 hours 15 minutes', '3 days'),
        ('kaito', 'Wrote a program that says when the ferry is late. It prints "yes". So far it has never been wrong.', '1 day 9 hours', '7 days'),
        ('sofus', 'Saw a seal read the tide table. All right, it was leaning on it. But it did arrive on time.', '1 day 14 hours', '7 days'),
        ('oldmap', 'Drew my granddaughter a map to the end of the garden. She followed it, came back and said the scale was wrong. Proudest day in years.', '2 days', '30 days'),
        ('petrichor', 'Twelve millimetres overnight. The moss on the north wall has changed its mind about November.', '2 days 6 hours', '7 days'),
        ('adaeze', 'We planted the beans upside down on purpose to see what they would do. They turned round. So did the lesson.', '2 days 12 hours', '7 days'),
        ('moss', 'New here? Rule one: water before ten. Rule two: nobody owns the robin. There is no rule three.', '4 days', '30 days'),
        ('nour', 'To the woman who laughed the whole way from the station to the harbour: I hope it was as good as it sounded. #nightbus', '5 days', '7 days')
), warned (handle, message, content_warning) as (
    values
        ('lucia_r', 'Página 212', 'Novela: quién fue'),
        ('moss', 'Slugs 4', 'Slugs. Several.'),
        ('ines_bakes', 'Experiment', 'Bach, and the result')
), joined as (
    insert into users (uuid, handle, display_name, bio, email, cognito_user_id, created_at, updated_at)
    select
        uuid_v7(t.at),
        w.handle,
        w.display_name,
        w.bio,
        w.handle || '@seed.invalid',
        'seed:' || w.handle,
        t.at,
        t.at
    from world w
    cross join lateral (select @now::timestamptz - w.days * interval '1 day' as at) t
    on conflict do nothing
    returning
        uuid,
        cognito_user_id
), members as (
    select
        uuid,
        cognito_user_id
    from joined
    union all
    select
        u.uuid,
        u.cognito_user_id
    from users u
    join world w on u.cognito_user_id = 'seed:' || w.handle
), posted as (
    insert into activities (uuid, user_uuid, message, content_warning, created_at, expires_at)
    select
        uuid_v7(t.at),
        m.uuid,
        c.message,
        w.content_warning,
        t.at,
        t.at + c.life::interval
    from cruds c
    join members m on m.cognito_user_id = 'seed:' || c.handle
    left join warned w on w.handle = c.handle and starts_with(c.message, w.message)
    cross join lateral (select @now::timestamptz - c.age::interval as at) t
    where not exists (
        select
        from live_activities(@now::timestamptz) a
        where a.user_uuid = m.uuid
            and a.message = c.message
    )
    returning 1
)
select
    (select count(*) from joined) as users_inserted,
    (select count(*) from members) - (select count(*) from joined) as users_unchanged,
    (select count(*) from posted) as activities_inserted,
    (select count(*) from cruds c join members m on m.cognito_user_id = 'seed:' || c.handle) - (select count(*) from posted) as activities_unchanged
