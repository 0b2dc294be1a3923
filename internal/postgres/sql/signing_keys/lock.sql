-- Makes servers that need a new signing key take turns; the lock ends with the transaction.
select pg_advisory_xact_lock(hashtextextended('cruddur signing_keys', 0))::text
