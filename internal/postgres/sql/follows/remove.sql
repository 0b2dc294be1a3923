-- Ends a follow, if there is one.
delete from follows
where follower_uuid = @follower_uuid::uuid
    and followed_uuid = @followed_uuid::uuid
