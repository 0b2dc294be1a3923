-- Stores an invitation. Called by the operator's page and by "cruddur invite create".
insert into invitations (uuid, token_hash, note, uses, created_by, created_at, expires_at)
values (
    uuid_v7(@now::timestamptz),
    @token_hash::bytea,
    @note::text,
    @uses::integer,
    @created_by::text,
    @now,
    @expires_at::timestamptz
)
returning uuid
