-- Deletes a conversation for both; foreign keys delete its messages. No row if the member has no such
-- conversation. Both are told.
with deleted as (
    delete from conversations c
    using live_conversations(@user_uuid::uuid, @now::timestamptz) l
    where l.uuid = @uuid::uuid
        and c.uuid = l.uuid
    returning c.uuid, c.first_uuid, c.second_uuid
),

announced as (
    insert into changes (kind, subject_uuid, object_uuid)
    select
        'message',
        d.first_uuid,
        d.second_uuid
    from deleted d
)

select d.uuid
from deleted d
