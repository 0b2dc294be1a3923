-- Consumes a refresh token. No row: it is unknown, used, or its family has expired. The family is locked
-- before the token, as in every statement that ends a family: otherwise a delete of the family, which then
-- deletes its tokens, and a refresh, which goes from the token to its family (tokens/touch), could wait for
-- each other.
with family as materialized (
    select
        f.uuid,
        f.account_uuid,
        f.created_at
    from refresh_tokens r
        join token_families f on f.uuid = r.family_uuid
        join accounts a on a.uuid = f.account_uuid
        join users u on u.cognito_user_id = a.uuid::text
    where r.token_hash = @token_hash::bytea
        and f.expires_at > @now::timestamptz
        and u.suspended_at is null
    for no key update of f
)

update refresh_tokens r
set used_at = @now
from family f
where r.token_hash = @token_hash
    and r.used_at is null
    and r.family_uuid = f.uuid
returning
    f.uuid,
    f.account_uuid,
    f.created_at
