-- Opens a browser's session for the member with a subject. No row: there is no such member, or they are
-- suspended.
insert into sessions (user_uuid, token_hash, user_agent, address, last_used_at, created_at)
select
    uuid,
    @token_hash::bytea,
    @user_agent::text,
    @address::text,
    @now::timestamptz,
    @now::timestamptz
from users
where cognito_user_id = @cognito_user_id::text
    and suspended_at is null
returning uuid
