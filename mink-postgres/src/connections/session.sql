-- A stored snapshot of a whole transaction would hide what others commit between the statements of one commit.
SET default_transaction_isolation = 'read committed';
-- Two transactions that bring the same event id wait for each other: not for ever.
SET lock_timeout = '5s';
-- Statements that start small and see their tables grow: the shape of their plans is decided here, not by statistics.
-- Each walks an index in its order, and looks rows up one by one in another.
SET plan_cache_mode = force_generic_plan;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
