-- Ends the current issuer, before another one replaces it.
update issuers
set ended_at = @now::timestamptz
where ended_at is null
