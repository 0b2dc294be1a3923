-- Consumes a code for a new password, in the transaction that sets it; a second attempt finds no row.
delete from recoveries
where address_hash = @address_hash::bytea
    and code_hash = @code_hash::bytea
returning account_uuid
