-- Makes servers that name an issuer take turns; the lock ends with the transaction.
select pg_advisory_xact_lock(hashtextextended('cruddur issuers', 0))::text
