-- Hides (@times 1) or shows again (@times -1) all that a member has written and what hangs on it. What hangs on
-- several of the member's activities is counted as often. Called by a suspension and its end, with
-- members/turn.
with recursive hung as (
    select a.uuid
    from activities a
    where a.user_uuid = @user_uuid::uuid
    union all
    select r.uuid
    from hung h
    join activities r on r.reply_to_activity_uuid = h.uuid
)

update activities a
set hidden = a.hidden + n.times * @times::smallint
from (select h.uuid, count(*)::smallint as times from hung h group by h.uuid) n
where a.uuid = n.uuid
