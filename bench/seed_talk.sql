-- A place in which people talk: 10,000 members, 1,000,000 live cruds, 200,000 replies, 5,000,000 likes, 200,000
-- reposts, 500,000 follows, 100,000 conversations with 1,000,000 private messages, and what its members are told. Every
-- crud has its words and tags, so that no run begins beside the indexer's work.
set synchronous_commit = off;
set jit = off;

insert into users (uuid, handle, display_name, bio, email, cognito_user_id, created_at)
select
    uuid_v7(t.at),
    'bench_' || n,
    'Bench member ' || n,
    'Number ' || n || ' of ten thousand.',
    'bench_' || n || '@bench.invalid',
    'bench:' || n,
    t.at
from generate_series(1, 10000) n
cross join lateral (select now() - interval '60 days' + n * interval '1 second' as at) t;

create temporary table people as
select
    row_number() over (order by uuid) as n,
    uuid
from users;
create unique index on people (n);
analyze people;

-- The n-th newest is n seconds old: eleven and a half days in all. Who likes, reposts and answers it is decided here,
-- because a counter that is written later would leave a dead row behind for each crud.
create temporary table things as
select
    s.n,
    uuid_v7(t.at) as uuid,
    p.uuid as user_uuid,
    t.at,
    t.at + interval '30 days' - s.n % 1000 * interval '1 second' as expires_at,
    case when s.n % 4 = 0 then 'topic' || (1000 ^ random())::int end as tag -- a few tags are used by many
from generate_series(1, 1000000) as s (n)
cross join lateral (select now() - s.n * interval '1 second' as at) t
join people p on p.n = 1 + (s.n::bigint * 7919) % 10000;
create unique index on things (n);
analyze things;

create temporary table liked as
select distinct
    1 + (random() * 999999)::int as thing,
    1 + (random() * 9999)::int as person
from generate_series(1, 5000000);

create temporary table reposted as
select distinct
    1 + (random() * 999999)::int as thing,
    1 + (random() * 9999)::int as person
from generate_series(1, 200000);

-- Half of the replies are one to a crud; the others make a thread of 200 each.
create temporary table answers as
select
    i,
    case when i <= 100000 then 1 + (i::bigint * 10007) % 1000000 else 1000 * (1 + i / 200) end as thing,
    1 + (random() * 9999)::int as person
from generate_series(1, 200000) i;

insert into activities (uuid, user_uuid, message, likes_count, reposts_count, replies_count, created_at, expires_at)
select
    t.uuid,
    t.user_uuid,
    left(
        'Crud number ' || t.n || coalesce(' #' || t.tag, '') || ', with ' || case t.n % 2 when 0 then 'tea' else 'coffee' end || ': '
        || repeat('the quick brown fox writes about its day and leaves. ', 1 + t.n % 5),
        60 + t.n % 200
    ),
    coalesce(l.n, 0),
    coalesce(r.n, 0),
    coalesce(a.n, 0),
    t.at,
    t.expires_at
from things t
left join (select thing, count(*) as n from liked group by thing) l on l.thing = t.n
left join (select thing, count(*) as n from reposted group by thing) r on r.thing = t.n
left join (select thing, count(*) as n from answers group by thing) a on a.thing = t.n
order by t.n desc;

insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, root_uuid, created_at, expires_at)
select
    uuid_v7(t.at + a.i % 200 * interval '1 ms'),
    p.uuid,
    'An answer, number ' || a.i || ', about as long as one that somebody writes in between.',
    t.uuid,
    t.uuid,
    t.at + (1 + a.i % 200) * interval '1 ms',
    t.expires_at
from answers a
join things t on t.n = a.thing
join people p on p.n = a.person;

insert into likes (uuid, activity_uuid, user_uuid)
select
    uuid_v7(t.at + interval '1 minute'),
    t.uuid,
    p.uuid
from liked l
join things t on t.n = l.thing
join people p on p.n = l.person
order by t.n desc;

insert into reposts (uuid, activity_uuid, user_uuid)
select
    uuid_v7(t.at + interval '2 minutes'),
    t.uuid,
    p.uuid
from reposted r
join things t on t.n = r.thing
join people p on p.n = r.person
order by t.n desc;

insert into follows (follower_uuid, followed_uuid)
select
    a.uuid,
    b.uuid
from (
    select
        1 + (random() * 9999)::int as a,
        1 + (random() * 9999)::int as b
    from generate_series(1, 500000)
) f
join people a on a.n = f.a
join people b on b.n = f.b
where a.uuid <> b.uuid
on conflict do nothing;

-- As cruddur.Words makes them.
insert into activity_search (activity_uuid, words)
select
    a.uuid,
    to_tsvector('simple', a.message)
from activities a
where a.root_uuid is not null;

insert into activity_search (activity_uuid, words)
select
    a.uuid,
    to_tsvector('simple', a.message) || array_to_tsvector(case when t.tag is null then array[]::text[] else array['#' || t.tag] end)
from things t
join activities a on a.uuid = t.uuid
order by t.n desc;

insert into activity_tags (tag, activity_uuid)
select
    t.tag,
    t.uuid
from things t
where t.tag is not null
order by t.n desc;

insert into user_search (user_uuid, display_name, words)
select
    u.uuid,
    u.display_name,
    to_tsvector('simple', u.display_name)
from users u;

insert into notifications (uuid, user_uuid, kind, activity_uuid)
select
    r.uuid,
    a.user_uuid,
    'reply',
    r.uuid
from activities r
join activities a on a.uuid = r.reply_to_activity_uuid
where r.user_uuid <> a.user_uuid;

insert into notifications (uuid, user_uuid, kind, activity_uuid)
select distinct on (a.uuid)
    l.uuid,
    a.user_uuid,
    'like',
    a.uuid
from activities a
join likes l on l.activity_uuid = a.uuid
where l.user_uuid <> a.user_uuid
order by
    a.uuid,
    l.uuid desc;

insert into notifications (uuid, user_uuid, kind, activity_uuid)
select distinct on (a.uuid)
    r.uuid,
    a.user_uuid,
    'repost',
    a.uuid
from activities a
join reposts r on r.activity_uuid = a.uuid
where r.user_uuid <> a.user_uuid
order by
    a.uuid,
    r.uuid desc;

-- All follows were made just now.
insert into notifications (uuid, user_uuid, kind, expires_at)
select distinct on (f.followed_uuid)
    f.uuid,
    f.followed_uuid,
    'follow',
    follow_group_end(now())
from follows f
order by
    f.followed_uuid,
    f.uuid desc;

create temporary table pairs as
select distinct
    least(a.uuid, b.uuid) as first_uuid,
    greatest(a.uuid, b.uuid) as second_uuid
from generate_series(1, 100000) i
join people a on a.n = 1 + (i::bigint * 7919) % 10000
join people b on b.n = 1 + (i::bigint * 104729 + i / 10000) % 10000
where a.uuid <> b.uuid;

insert into conversations (first_uuid, second_uuid, first_accepted, second_accepted, last_uuid, last_at, created_at, expires_at)
select
    first_uuid,
    second_uuid,
    true,
    true,
    uuid_v7(),
    now(),
    now() - interval '1 day',
    now() + interval '37 days'
from pairs;

insert into messages (uuid, conversation_uuid, user_uuid, message, created_at, expires_at)
select
    uuid_v7(t.at),
    c.uuid,
    case when i % 2 = 0 then c.first_uuid else c.second_uuid end,
    'Message number ' || i || ', as long as they are.',
    t.at,
    t.at + interval '7 days'
from conversations c
cross join generate_series(1, 10) i
cross join lateral (select now() - i * interval '1 hour' as at) t;

vacuum analyze;
checkpoint;
