-- Counts one more who comes by an invitation (@times 1), or takes back what was counted (@times -1); no row if it is
-- used up, or was withdrawn. Its end counts when the sign-up begins: whoever has begun in time may confirm. Called by
-- a confirmation, in its transaction; many at once wait for each other here. Carried by invitations_pkey.
update invitations i
set used = i.used + @times::integer
where i.uuid = @uuid::uuid
    and i.used + @times between 0 and i.uses
returning i.uuid
