-- Deletes expired rows: sign-ups, recovery codes, attempts, token families, sessions, cutoffs of tokens,
-- mutes, tickets for uploads, entries of the audit log, keys whose successor is a day old, and invitations whose
-- end is a day ago, for whoever began in time may confirm; at most a batch of each. Called by the sweeper until
-- fewer than a batch are left; every part is carried by an index on its time. Locked rows stay for a later call, so that no
-- transaction waits for another.
with
    a as (
        delete from sign_ups
        where uuid in (
            select uuid
            from sign_ups
            where expires_at <= @now::timestamptz
            limit @batch::bigint
            for update skip locked
        )
        returning 1
    ),
    b as (
        delete from recoveries
        where address_hash in (
            select address_hash
            from recoveries
            where expires_at <= @now
            limit @batch
            for update skip locked
        )
        returning 1
    ),
    c as (
        delete from sign_in_attempts
        where address_hash in (
            select address_hash
            from sign_in_attempts
            where quiet_since <= @now - interval '15 minutes'
            limit @batch
            for update skip locked
        )
        returning 1
    ),
    d as (
        delete from token_families
        where uuid in (
            select uuid
            from token_families
            where expires_at <= @now
            limit @batch
            for update skip locked
        )
        returning 1
    ),
    e as (
        delete from sessions
        where uuid in (
            select uuid
            from sessions
            where session_ended(last_used_at, created_at, @now)
            limit @batch
            for update skip locked
        )
        returning 1
    ),
    f as (
        delete from signing_keys k
        where exists (
            select
            from signing_keys n
            where n.created_at > k.created_at
                and n.created_at <= @now - interval '1 day'
        )
        returning 1
    ),
    g as (
        delete from token_cutoffs
        where key in (
            select key
            from token_cutoffs
            where expires_at <= @now
            limit @batch
            for update skip locked
        )
        returning 1
    ),
    h as (
        delete from mutes
        where (muter_uuid, muted_uuid) in (
            select muter_uuid, muted_uuid
            from mutes
            where ends_at <= @now
            limit @batch
            for update skip locked
        )
        returning 1
    ),
    i as (
        delete from upload_tickets
        where ticket_hash in (
            select ticket_hash
            from upload_tickets
            where expires_at <= @now
            limit @batch
            for update skip locked
        )
        returning 1
    ),
    j as (
        delete from audit_log
        where uuid in (
            select uuid
            from audit_log
            where expires_at <= @now
            limit @batch
            for update skip locked
        )
        returning 1
    ),
    k as (
        delete from invitations
        where uuid in (
            select uuid
            from invitations
            where expires_at <= @now - interval '1 day'
            limit @batch
            for update skip locked
        )
        returning 1
    )
select
    (select count(*) from a)
        + (select count(*) from b)
        + (select count(*) from c)
        + (select count(*) from d)
        + (select count(*) from e)
        + (select count(*) from f)
        + (select count(*) from g)
        + (select count(*) from h)
        + (select count(*) from i)
        + (select count(*) from j)
        + (select count(*) from k) as deleted
