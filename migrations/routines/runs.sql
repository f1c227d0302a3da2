-- Starts a run: one node run per node of the plan, those that wait for nothing ready at once, and a wake-up in the queue, all
-- visible together. With an idempotency key, whoever comes second gets the first one's run.
CREATE FUNCTION drawloom.start_run(project uuid, pipeline uuid, version uuid, plan bigint, parameters jsonb, trigger text,
  key text, priority int, reuse boolean, replay_of bigint, timeout_ms bigint, actor text, OUT run bigint, OUT existed boolean)
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
  nodes int;
  at_end int;
  limited boolean;
  ready_now drawloom.node_change[];
BEGIN
  existed := false;
  SELECT p.node_count, p.finally_count, p.timed INTO STRICT nodes, at_end, limited FROM plan p WHERE p.id = plan;
  INSERT INTO run AS r (project_id, pipeline_id, pipeline_version_id, plan_id, parameters, trigger, idempotency_key, status,
    priority, reuse, remaining, finally_left, replay_of, timeout_ms, timed, created_by)
  VALUES (project, pipeline, version, plan, parameters, trigger, key, 'queued', priority, reuse, nodes, at_end, replay_of, timeout_ms, limited OR timeout_ms IS NOT NULL, actor)
  ON CONFLICT (pipeline_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
  RETURNING r.id INTO run;
  IF run IS NULL THEN
    existed := true;
    SELECT r.id INTO STRICT run FROM run r WHERE r.pipeline_id = pipeline AND r.idempotency_key = key;
    RETURN;
  END IF;
  INSERT INTO node_run (run_id, node, map_index, status, deps_left, queued_at)
  SELECT run, n.node, 0, CASE WHEN n.in_degree = 0 THEN 'queued' ELSE 'pending' END::node_run_status, n.in_degree,
    CASE WHEN n.in_degree = 0 THEN now() END
  FROM plan_node n WHERE n.plan_id = plan ORDER BY n.node;
  WITH put AS (
    INSERT INTO ready (run_id, node, map_index, priority)
    SELECT run, n.node, 0, start_run.priority FROM plan_node n WHERE n.plan_id = plan AND n.in_degree = 0 ORDER BY n.node
    RETURNING run_id, node, map_index
  )
  SELECT array_agg((p.run_id, p.node, p.map_index, 'queued', 0, NULL, NULL)::node_change) INTO ready_now FROM put p;
  PERFORM tell(ready_now, ARRAY[run]);
  PERFORM graphile_worker.add_job('drain', '{}'::json, job_key := 'drain', max_attempts := 3);
END $$;

-- Ends a run before its time. What does not run yet is cancelled at once; what runs is told so with its worker's next beat, and
-- the run is cancelled only when each of these was reported dead. What tidies up (its finally-nodes) still runs then, unless the run
-- is cancelled once more. False: there is no such run, or it is over.
CREATE FUNCTION drawloom.cancel(which bigint, by text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  gen int;
  at_end int;
  spared int[] := '{}';
  stopped drawloom.node_change[];
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  UPDATE run r SET status = 'cancelling', paused_at = NULL, cancel_gen = r.cancel_gen + 1, cancelled_by = coalesce(r.cancelled_by, by)
  WHERE r.id = which AND r.finished_at IS NULL RETURNING r.cancel_gen, r.finally_left INTO gen, at_end;
  IF NOT FOUND THEN RETURN false; END IF;
  IF gen = 1 THEN
    SELECT coalesce(array_agg(p.node), '{}') INTO spared FROM run r JOIN plan_node p ON p.plan_id = r.plan_id AND p.finally WHERE r.id = which;
  ELSE
    at_end := 0;
  END IF;
  DELETE FROM ready WHERE run_id = which AND node <> ALL (spared);
  DELETE FROM timer WHERE run_id = which AND node <> ALL (spared);
  DELETE FROM cache_waiter WHERE run_id = which AND node <> ALL (spared);
  DELETE FROM parked WHERE run_id = which AND node <> ALL (spared);
  UPDATE lease SET cancelled = true WHERE run_id = which AND node <> ALL (spared);
  WITH moved AS (
    UPDATE node_run n SET status = 'cancelled', reason = 'cancelled', finished_at = now()
    WHERE n.run_id = which AND n.status IN ('pending', 'queued', 'waiting') AND n.node <> ALL (spared)
    RETURNING n.run_id, n.node, n.map_index, n.attempt
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'cancelled', m.attempt, 'cancelled', NULL)::node_change), '{}') INTO stopped FROM moved m;
  UPDATE run SET remaining = remaining - cardinality(stopped),
    finally_left = CASE WHEN remaining - cardinality(stopped) > at_end THEN at_end ELSE 0 END,
    finished_at = CASE WHEN remaining = cardinality(stopped) THEN now() END,
    status = CASE WHEN remaining = cardinality(stopped) THEN CASE WHEN reason = 'timeout' THEN 'failed' ELSE 'cancelled' END::run_status ELSE status END
  WHERE id = which;
  IF at_end > 0 THEN
    PERFORM release(stopped); -- nothing is pending any more but the finally-nodes, which count what they waited for
    IF EXISTS (SELECT FROM run WHERE id = which AND finally_left = 0) THEN
      stopped := stopped || release_finally(ARRAY[which]);
    END IF;
  END IF;
  PERFORM tell(stopped, ARRAY[which]);
  PERFORM pg_notify('drawloom_cancel', which::text);
  RETURN true;
END $$;
