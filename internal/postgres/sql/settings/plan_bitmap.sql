-- Lets each statement of this transaction read an index as a bitmap, and in no other way. Called before
-- search/matching.
select
    set_config('plan_cache_mode', 'force_custom_plan', true),
    set_config('enable_seqscan', 'off', true),
    set_config('enable_indexscan', 'off', true),
    set_config('enable_indexonlyscan', 'off', true)
