-- Uses up a refresh token. No row: it is unknown, used, or its family is over.
update refresh_tokens r
set used_at = @now::timestamptz
from token_families f
    join accounts a on a.uuid = f.account_uuid
    join users u on u.cognito_user_id = a.uuid::text
where r.token_hash = @token_hash::bytea
    and r.used_at is null
    and f.uuid = r.family_uuid
    and f.expires_at > @now
    and u.suspended_at is null
returning
    f.uuid,
    f.account_uuid,
    f.created_at
