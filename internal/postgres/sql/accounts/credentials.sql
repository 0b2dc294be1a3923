-- What an address can sign in with: its account, and its newest sign-up that waits for confirmation. Exactly
-- one row, with nulls for what does not exist. Called by every check of a password; carried by
-- accounts_email_key and sign_ups_email_idx.
select
    a.uuid,
    a.email,
    a.password_hash,
    coalesce(u.suspended_at is not null, false) as suspended,
    u.display_name,
    s.password_hash as sign_up_password_hash
from (values (lower(@email::text))) wanted (email)
    left join accounts a on lower(a.email) = wanted.email
    left join users u on u.cognito_user_id = a.uuid::text
    left join lateral (
        select password_hash
        from sign_ups
        where lower(email) = wanted.email
            and expires_at > @now::timestamptz
        order by uuid desc
        limit 1
    ) s on true
