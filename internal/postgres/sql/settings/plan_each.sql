-- Lets the statements of this transaction be planned for their arguments. Called before those whose
-- best plan depends on how much has expired.
select set_config('plan_cache_mode', 'auto', true)
