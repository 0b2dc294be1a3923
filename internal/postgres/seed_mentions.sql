-- The texts of the sample data that may mention somebody. Called by DB.Seed, which finds out whom.
select
    a.uuid,
    a.message
from live_activities(@now::timestamptz) a
join users u on u.uuid = a.user_uuid
where u.cognito_user_id like @members::text
    and position('@' in a.message) > 0
