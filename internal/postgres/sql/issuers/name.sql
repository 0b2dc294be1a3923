-- Makes an issuer the current one, also one that was it before.
insert into issuers (issuer, named_at)
values (@issuer::text, @now::timestamptz)
on conflict (issuer) do update
    set named_at = excluded.named_at,
        ended_at = null
