-- Whether there is a member who is not suspended. Called before a member is reported.
select u.uuid
from users u
where u.uuid = @uuid::uuid
    and u.suspended_at is null
