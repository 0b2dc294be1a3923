-- Makes the server plan each statement of this transaction for its arguments, however often it is called.
-- Called before a search: a common and a rare word need different plans.
select set_config('plan_cache_mode', 'force_custom_plan', true)
