-- Deletes what has run out: sign-ups, recovery codes, attempts, token families, sessions, cutoffs of
-- tokens, and keys whose successor is a day old. Called every few minutes; every part is carried by an
-- index on its time.
with
    a as (delete from sign_ups where expires_at <= @now::timestamptz returning 1),
    b as (delete from recoveries where expires_at <= @now::timestamptz returning 1),
    c as (delete from sign_in_attempts where quiet_since <= @now::timestamptz - interval '15 minutes' returning 1),
    d as (delete from token_families where expires_at <= @now::timestamptz returning 1),
    e as (
        delete from sessions
        where last_used_at <= @now::timestamptz - interval '14 days'
            or created_at <= @now::timestamptz - interval '90 days'
        returning 1
    ),
    f as (
        delete from signing_keys k
        where exists (
            select
            from signing_keys n
            where n.created_at > k.created_at
                and n.created_at <= @now::timestamptz - interval '1 day'
        )
        returning 1
    ),
    g as (delete from token_cutoffs where expires_at <= @now::timestamptz returning 1)
select
    (select count(*) from a)
        + (select count(*) from b)
        + (select count(*) from c)
        + (select count(*) from d)
        + (select count(*) from e)
        + (select count(*) from f)
        + (select count(*) from g) as deleted
