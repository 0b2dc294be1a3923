-- Revokes a member's tokens until now if Amazon Cognito issued them, for as long as Cognito's refresh tokens
-- can give more of the same sign-in. Called when a member is suspended.
insert into token_cutoffs as t (key, ended_at, expires_at)
select
    u.cognito_user_id,
    @now::timestamptz,
    @now::timestamptz + interval '3650 days'
from users u
where u.uuid = @user_uuid::uuid
    and not exists (select from accounts a where a.uuid::text = u.cognito_user_id)
on conflict (key) do update
    set ended_at = greatest(t.ended_at, excluded.ended_at),
        expires_at = greatest(t.expires_at, excluded.expires_at)
