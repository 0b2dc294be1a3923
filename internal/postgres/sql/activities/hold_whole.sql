-- Holds activities of a member, and all that hangs on them, alone until the transaction ends, in the order of members/turn:
-- nobody likes, reposts or answers them meanwhile. Their thread is held already (activities/hold), so nothing is
-- added. Called in a statement of its own, for the reason that activities/hold_counted gives, before
-- activities/delete, activities/delete_own and activities/move_end. Carried by activities_replies_idx.
with recursive whole as (
    select a.uuid
    from activities a
    where a.uuid = any (@uuids::uuid[])
        and a.user_uuid = @user_uuid::uuid
    union
    select r.uuid
    from whole w
    join activities r on r.reply_to_activity_uuid = w.uuid
)

select count(*)
from (
    select a.uuid
    from activities a
    where a.uuid in (select w.uuid from whole w)
    order by a.uuid
    for update
) held
