-- The newest entries of the audit log before a cursor, that are kept still. Called by the moderators' page and by
-- the commands; carried by audit_log_pkey.
select
    uuid,
    actor,
    act,
    target,
    note,
    created_at
from audit_log
where uuid < @before::uuid
    and expires_at > @now::timestamptz
order by uuid desc
limit @limit::integer
