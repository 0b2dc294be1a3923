-- Makes the server plan the statements of this transaction for their arguments. Called before statements
-- whose best plan depends on how much has expired.
select set_config('plan_cache_mode', 'auto', true)
