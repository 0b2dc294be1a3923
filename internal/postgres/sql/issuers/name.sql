-- Makes an issuer the current one, even if it was the current one before.
insert into issuers (issuer, named_at)
values (@issuer::text, @now::timestamptz)
on conflict (issuer) do update
    set named_at = excluded.named_at,
        ended_at = null
