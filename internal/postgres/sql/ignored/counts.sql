-- How much of the numbers of some activities is by members whom the reader does not see: replies, reposts, likes.
-- Called for the page of a reader who ignores somebody. Carried by activities_replies_idx,
-- reposts_activity_uuid_user_uuid_key and likes_pkey.
select
    n.place,
    (
        select count(*)
        from live_activities(@now::timestamptz) r
        where r.reply_to_activity_uuid = n.uuid
            and r.user_uuid = any(@ignored_uuids::uuid[])
    )::integer as replies,
    (
        select count(*)
        from reposts p
        join users u on u.uuid = p.user_uuid
        where p.activity_uuid = n.uuid
            and p.user_uuid = any(@ignored_uuids)
            and u.suspended_at is null
    )::integer as reposts,
    (
        select count(*)
        from likes l
        join users u on u.uuid = l.user_uuid
        where l.activity_uuid = n.uuid
            and l.user_uuid = any(@ignored_uuids)
            and u.suspended_at is null
    )::integer as likes
from unnest(@uuids::uuid[]) with ordinality as n (uuid, place)
