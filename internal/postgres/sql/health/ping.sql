-- Whether the database answers. Called by /readyz.
select 1 as one
