-- What the database's clock says. Called by serve and by db doctor, to compare it with their own.
select clock_timestamp() as at
