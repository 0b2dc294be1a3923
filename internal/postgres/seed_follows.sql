-- Who follows whom in the sample data: about half of all pairs, the same at each run. Called by DB.Seed.
insert into follows (uuid, follower_uuid, followed_uuid)
select
    uuid_v7(greatest(a.created_at, b.created_at) + interval '1 day'),
    a.uuid,
    b.uuid
from users a
join users b on b.uuid <> a.uuid and b.cognito_user_id like 'seed:%'
where a.cognito_user_id like 'seed:%'
    and hashtextextended(a.handle || ' follows ' || b.handle, 0) & 1 = 0
on conflict do nothing
