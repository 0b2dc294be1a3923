-- Keeps an address's three newest sign-ups: more valid codes would make it easier to guess one.
delete from sign_ups
where uuid in (
    select uuid
    from sign_ups
    where lower(email) = lower(@email::text)
    order by uuid desc
    offset 3
)
