-- Keeps an address's three newest sign-ups: more living codes would make guessing one easier.
delete from sign_ups
where uuid in (
    select uuid
    from sign_ups
    where lower(email) = lower(@email::text)
    order by uuid desc
    offset 3
)
