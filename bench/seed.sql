-- 10,000 members and 1,000,000 cruds, a fifth of them alive: a million cruds after a month.
set synchronous_commit = off;

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
    row_number() over () as n,
    uuid
from users;
create index on people (n);
analyze people;

-- The n-th newest is 2n seconds old: 23 days in all. Four of five have expired.
insert into activities (uuid, user_uuid, message, replies_count, reposts_count, likes_count, created_at, expires_at)
select
    uuid_v7(t.at),
    p.uuid,
    left('Crud number ' || s.n || ': ' || repeat('the quick brown fox writes about its day and leaves. ', 1 + s.n % 5), 60 + s.n % 200),
    0,
    0,
    0,
    t.at,
    case when s.n % 5 = 0
        then t.at + interval '30 days' - s.n % 1000 * interval '1 second'
        else t.at + least(interval '1 hour', (now() - t.at) * 0.9)
    end
from generate_series(1, 1000000) as s (n)
cross join lateral (select now() - s.n * interval '2 seconds' as at) t
join people p on p.n = 1 + (s.n::bigint * 7919) % 10000
order by s.n desc;

vacuum analyze;
checkpoint;
