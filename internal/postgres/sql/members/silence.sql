-- Silences a member, or ends that if @silenced_at is null; no row if they are as they shall be already. Called by
-- moderators and the operator's commands; carried by users_pkey.
update users
set silenced_at = @silenced_at::timestamptz
where uuid = @uuid::uuid
    and (silenced_at is null) <> (@silenced_at::timestamptz is null)
returning uuid
