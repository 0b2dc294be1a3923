-- Locks a member against being written for. Called before a suspension or a deletion, with members/turn.
select
    uuid,
    suspended_at is not null as suspended
from users
where uuid = @uuid::uuid
for update
