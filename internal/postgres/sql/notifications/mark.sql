-- Notes how far a member has read their notifications; the mark only moves forward. Called by the page, after it was
-- shown, and by the API. The member's other pages are told.
with marked as (
    insert into notification_marks (user_uuid, seen)
    select
        u.uuid,
        @seen::uuid
    from users u
    where u.uuid = @user_uuid::uuid
    on conflict (user_uuid) do update set seen = excluded.seen
    where notification_marks.seen < excluded.seen
    returning user_uuid
)

insert into changes (kind, subject_uuid)
select
    'told',
    m.user_uuid
from marked m
