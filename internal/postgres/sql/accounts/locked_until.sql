-- The time until which an address is locked. Called after an attempt that did not count.
select locked_until
from sign_in_attempts
where address_hash = @address_hash::bytea
    and locked_until is not null
