-- How many members a member follows, up to a number. Called to choose how their feed is read. Carried by
-- follows_follower_idx.
select count(*) as following
from (
    select
    from follows f
    where f.follower_uuid = @user_uuid::uuid
    limit @most::bigint
) as counted
