-- The issuers of access tokens, the current one first. Called with the signing keys; a handful of rows.
select
    issuer,
    ended_at
from issuers
order by ended_at desc nulls first
