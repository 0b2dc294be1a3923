-- How many live replies hang on an activity, at any depth. Called by the crud's page, and before it is
-- deleted or its end is moved. Carried by activities_thread_idx for the crud that began the conversation, and
-- by activities_replies_idx for a reply.
with recursive below as (
    select r.uuid
    from live_activities(@now::timestamptz) r
    where r.reply_to_activity_uuid = @uuid::uuid
        and r.root_uuid <> @uuid
    union all
    select r.uuid
    from below b
    join live_activities(@now::timestamptz) r on r.reply_to_activity_uuid = b.uuid
)

select (select count(*) from live_activities(@now::timestamptz) r where r.root_uuid = @uuid) + (select count(*) from below) as replies
