-- When the next picture that is not used goes, or null; an object whose picture is gone goes at once. Called by the
-- sweeper, to wake up in time. Carried by pictures_unused_idx and picture_objects_gone_idx.
select
    case
        when exists (select from picture_objects where picture_uuid is null) then to_timestamp(0)
        else (select min(created_at) + @life::interval from pictures where not used)
    end as next_expires_at
