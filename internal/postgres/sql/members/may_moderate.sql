-- Whether somebody may act on a member; null as the moderator is whoever runs the commands. Called in the transaction
-- that acts, after its locks.
select may_moderate(@moderator_uuid::uuid, @member_uuid::uuid) as may
