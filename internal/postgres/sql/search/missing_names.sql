-- Members whose display name is not indexed, or has changed since. Called by the sweeper's indexer.
select
    u.uuid,
    u.display_name
from users u
left join user_search s on s.user_uuid = u.uuid
where s.display_name is distinct from u.display_name
limit @batch::bigint
