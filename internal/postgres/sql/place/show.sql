-- What the host says about the place. Each server reads it once a second (internal/place).
select
    name,
    line,
    rules,
    contact,
    colour,
    sign_up,
    domains,
    reading
from place
