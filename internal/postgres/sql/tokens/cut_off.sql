-- Records the time before which the tokens under a key are revoked. A cutoff only moves forward. Carried by
-- token_cutoffs_pkey.
insert into token_cutoffs as t (key, ended_at, expires_at)
values (@key::text, @ended_at::timestamptz, @expires_at::timestamptz)
on conflict (key) do update
    set ended_at = greatest(t.ended_at, excluded.ended_at),
        expires_at = greatest(t.expires_at, excluded.expires_at)
