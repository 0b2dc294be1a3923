-- Uses an address that was given out, once; no row if it is unknown, used, too old, or its member is suspended. Called
-- when the avatar comes. Carried by upload_tickets_pkey.
delete from upload_tickets t
using users u
where t.ticket_hash = @ticket_hash::bytea
    and t.expires_at > @now::timestamptz
    and u.uuid = t.user_uuid
    and u.suspended_at is null
returning t.user_uuid
