-- When the next stored activity, message or conversation expires, or null. Called by the sweeper, to wake up in
-- time. Carried by activities_expires_at_idx, messages_expires_at_idx and conversations_expires_at_idx.
select least(
    (select min(expires_at) from activities),
    (select min(expires_at) from messages),
    (select min(expires_at) from conversations)
) as next_expires_at
