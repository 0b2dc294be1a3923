-- The time until which the tokens of a subject and of a family are revoked, and the member with the subject:
-- exactly one row, with nulls for what does not exist. Called for every authenticated request of the API if
-- Amazon Cognito keeps the accounts; carried by token_cutoffs_pkey and users_cognito_user_id_key.
select
    c.ended_at,
    u.uuid,
    u.handle,
    u.display_name,
    u.bio,
    u.default_ttl,
    u.created_at,
    u.email,
    u.cognito_user_id,
    u.avatar_uuid,
    u.banner_uuid,
    u.suspended_at is not null as suspended,
    ignores_anybody(u.uuid) as ignores,
    u.role
from (
    select max(ended_at) as ended_at
    from token_cutoffs
    where key in (@subject::text, @family::text)
) c
    left join users u on u.cognito_user_id = @subject
