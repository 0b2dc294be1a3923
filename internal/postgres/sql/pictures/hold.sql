-- Locks some of a member's own pictures, so that only one activity can show each, and answers them in the order
-- asked for. What is used already is among them. Called after the activity is stored: whoever deletes a member
-- locks the member first and pictures last, too. Carried by pictures_pkey.
select
    p.uuid,
    p.activity_uuid,
    p.used,
    p.alt,
    p.width,
    p.height,
    p.color,
    p.extension
from pictures p
where p.uuid = any (@uuids::uuid[])
    and p.user_uuid = @user_uuid::uuid
    and p.kind = 'crud'
    and p.created_at + @life::interval > @now::timestamptz
order by p.uuid
for update
