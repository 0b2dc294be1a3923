-- Counts a try of an address's code before it is compared; after five tries the code is dead. Answers
-- the row also when it is dead, so that the right code can be told that it came too late.
update recoveries
set tries = least(tries + 1, 6)
where address_hash = @address_hash::bytea
returning
    account_uuid,
    code_hash,
    tries <= 5
        and expires_at > @now::timestamptz as alive
