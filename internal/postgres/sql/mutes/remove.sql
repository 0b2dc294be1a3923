-- Ends a mute, if there is one.
delete from mutes
where muter_uuid = @muter_uuid::uuid
    and muted_uuid = @muted_uuid::uuid
