-- Counts what goes if a member deletes all that they have written: their cruds, their replies, and the replies of
-- others that hang on these. Called before activities/delete_own. Carried by activities_user_idx and
-- activities_replies_idx.
with recursive own as (
    select
        a.uuid,
        a.reply_to_activity_uuid
    from live_activities(@now::timestamptz) a
    where a.user_uuid = @user_uuid::uuid
),

below as (
    select
        r.uuid,
        r.user_uuid
    from own o
    join live_activities(@now) r on r.reply_to_activity_uuid = o.uuid
    union
    select
        r.uuid,
        r.user_uuid
    from below b
    join live_activities(@now) r on r.reply_to_activity_uuid = b.uuid
)

select
    (select count(*) from own o where o.reply_to_activity_uuid is null) as cruds,
    (select count(*) from own o where o.reply_to_activity_uuid is not null) as replies,
    (select count(*) from below b where b.user_uuid <> @user_uuid) as others
