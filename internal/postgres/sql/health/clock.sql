-- The time of the database's clock. Called by serve and by db doctor, to compare it with their own.
select clock_timestamp() as at
