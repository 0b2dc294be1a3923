-- Deletes a member's own message, for both; no row if it is another's or not visible. The conversation then goes
-- thirty days after the end of what is left. Called after conversations/hold.
with deleted as (
    delete from messages d
    using live_messages(@user_uuid::uuid, @now::timestamptz) m
    where m.uuid = @uuid::uuid
        and m.user_uuid = @user_uuid
        and d.uuid = m.uuid
    returning d.uuid, d.conversation_uuid
),

shortened as (
    update conversations c
    set expires_at = interval '720 hours' + greatest(@now, (
            select max(m.expires_at)
            from messages m
            where m.conversation_uuid = c.uuid
                and m.uuid <> d.uuid
        ))
    from deleted d
    where c.uuid = d.conversation_uuid
),

announced as (
    insert into changes (kind, subject_uuid, object_uuid)
    select
        'message',
        c.first_uuid,
        c.second_uuid
    from deleted d
    join conversations c on c.uuid = d.conversation_uuid
)

select d.uuid
from deleted d
