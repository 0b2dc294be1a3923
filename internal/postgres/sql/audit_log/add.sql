-- Records an act, in the transaction that acts.
insert into audit_log (uuid, actor, act, target, note, created_at, expires_at)
values (
    uuid_v7(@now::timestamptz),
    @actor::text,
    @act::text,
    @target::text,
    @note::text,
    @now,
    @now + @life::interval
)
