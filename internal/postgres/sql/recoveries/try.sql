-- Counts an attempt to use an address's code before it is compared; after five attempts the code is invalid.
-- Returns the row even if the code is invalid, so that the right code can get the answer that it came too
-- late.
update recoveries
set tries = least(tries + 1, 6)
where address_hash = @address_hash::bytea
returning
    account_uuid,
    code_hash,
    tries <= 5
        and expires_at > @now::timestamptz as alive
