-- The whole of it. `results` and `outputs` may be null; `want` may be 0; nothing is done twice and nothing is left half-done.
-- Plans are pinned: every statement goes by its indexes whatever the statistics say, or a table just filled would flip them.
CREATE FUNCTION drawloom.tick(claimer uuid, results jsonb, outputs jsonb, want int, OUT refused bigint[], OUT work jsonb, OUT contended boolean)
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
SET enable_material = off
-- and every join goes in the order it is written. (LATERAL … OFFSET 0 below: a key that comes from two tables is looked up as a
-- whole, and the row found is changed by its place; over tables that seemed small the planner took the first column alone, and
-- read every edge of a plan for each of its nodes, or went through all runs for each run that ended. Whoever changes a row of
-- run, node_run or lease outside of here holds its run, so that no place moves between the look and the change.)
SET join_collapse_limit = 1
SET jit = off
AS $$
DECLARE
  touched drawloom.node_change[] := '{}';
  runs bigint[] := '{}';
  done record; -- assigned, not selected: a statement of its own costs more than many of these functions
  told int;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(tick_lock());
  refused := '{}'; work := '[]'; contended := false;
  IF results IS NOT NULL THEN
    done := finish(results, outputs);
    refused := done.refused; touched := done.touched; runs := done.runs;
  END IF;
  IF EXISTS (SELECT FROM timer WHERE due_at <= now()) THEN
    touched := touched || promote_due();
  END IF;
  IF want > 0 THEN
    done := claim(claimer, want);
    work := done.work; touched := touched || done.touched; runs := runs || done.runs; contended := done.contended;
  END IF;
  told := tell(touched, runs);
END $$;
