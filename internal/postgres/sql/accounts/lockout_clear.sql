-- Resets the failed attempts of an address, because its owner has proved who they are.
delete from sign_in_attempts
where address_hash = @address_hash::bytea
