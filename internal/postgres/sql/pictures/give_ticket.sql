-- Gives out an address to which a member may send one avatar; no row if they are suspended. Called by the call of the
-- original's client that asks for one.
insert into upload_tickets (ticket_hash, user_uuid, expires_at)
select
    @ticket_hash::bytea,
    u.uuid,
    @expires_at::timestamptz
from users u
where u.uuid = @user_uuid::uuid
    and u.suspended_at is null
returning user_uuid
