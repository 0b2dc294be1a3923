-- The newest entries of the audit log about a member, that are kept still: since they have joined, because a handle may
-- have belonged to somebody else before. Called by the page of the member and of a case; carried by
-- audit_log_target_idx.
select
    uuid,
    actor,
    act,
    target,
    note,
    created_at
from audit_log
where split_part(target, ' ', 1) = @target::text
    and created_at >= @since::timestamptz
    and expires_at > @now::timestamptz
order by uuid desc
limit @limit::integer
