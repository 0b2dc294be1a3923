-- Changes what the host says about the place. Called by the operator's page and by "cruddur place set".
update place
set
    name = @name::text,
    line = @line::text,
    rules = @rules::text,
    contact = @contact::text,
    colour = @colour::text,
    sign_up = @sign_up::text,
    domains = @domains::text,
    reading = @reading::text
