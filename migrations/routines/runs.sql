-- Starts a run: one node run per node of the plan, those that wait for nothing ready at once, and a wake-up in the queue, all
-- visible together. With an idempotency key, whoever comes second gets the first one's run.
CREATE FUNCTION drawloom.start_run(project uuid, pipeline uuid, version uuid, plan bigint, parameters jsonb, trigger text,
  key text, priority int, reuse boolean, replay_of bigint, timeout_ms bigint, actor text, scope jsonb, anew int[], reproduces bigint, OUT run bigint, OUT existed boolean)
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
  begun record;
BEGIN
  existed := false;
  SELECT p.node_count, p.finally_count, p.timed INTO STRICT nodes, at_end, limited FROM plan p WHERE p.id = plan;
  INSERT INTO run AS r (project_id, pipeline_id, pipeline_version_id, plan_id, parameters, trigger, idempotency_key, status,
    priority, lane, reuse, remaining, finally_left, replay_of, timeout_ms, timed, created_by, scope, anew, reproduces)
  VALUES (project, pipeline, version, plan, parameters, trigger, key, 'queued', priority, (SELECT p.lane FROM project p WHERE p.id = project), reuse, nodes, at_end, replay_of, timeout_ms, limited OR timeout_ms IS NOT NULL, actor, scope, anew, reproduces)
  ON CONFLICT (pipeline_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
  RETURNING r.id INTO run;
  IF run IS NULL THEN
    existed := true;
    SELECT r.id INTO STRICT run FROM run r WHERE r.pipeline_id = pipeline AND r.idempotency_key = key;
    RETURN;
  END IF;
  SELECT b.touched, b.finals INTO begun FROM begin_runs(ARRAY[run]) b;
  IF cardinality(begun.finals) > 0 THEN
    SELECT begun.touched || a.touched AS touched, a.runs INTO begun FROM advance(begun.finals) a;
  END IF;
  PERFORM tell(begun.touched, ARRAY[run]);
  PERFORM graphile_worker.add_job('drain', '{}'::json, job_key := 'drain', max_attempts := 3);
END $$;

-- Ends a run before its time, and with it all runs that it started. What does not run yet is cancelled at once; what runs is told so
-- with its worker's next beat, and a run is cancelled only when each of these was reported dead. What tidies up (its finally-nodes,
-- and what these started) still runs then, unless the run is cancelled once more. False: there is no such run, or it is over.
CREATE FUNCTION drawloom.cancel(which bigint, by text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  ids bigint[];
  gens int[];
  spared drawloom.node_key[];
  stopped drawloom.node_change[];
  freed drawloom.node_change[];
  items drawloom.node_change[];
  ended record;
  let_go bigint[];
  pools bigint[];
  unasked bigint[];
  entered drawloom.node_change[];
  followed record;
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  WITH RECURSIVE down AS (
    SELECT r.id, r.plan_id, r.cancel_gen + 1 AS gen FROM run r WHERE r.id = which AND r.finished_at IS NULL
    UNION ALL
    SELECT c.id, c.plan_id, greatest(c.cancel_gen + 1, d.gen) FROM down d
    JOIN run c ON c.parent_run = d.id AND c.finished_at IS NULL
    JOIN plan_node p ON p.plan_id = d.plan_id AND p.node = c.parent_node
    WHERE NOT (p.finally AND d.gen = 1)
  ) SELECT array_agg(d.id), array_agg(d.gen) INTO ids, gens FROM down d;
  IF ids IS NULL THEN RETURN false; END IF;
  UPDATE run r SET status = 'cancelling', cancel_gen = d.gen, cancelled_by = coalesce(r.cancelled_by, by),
    finally_left = CASE WHEN d.gen = 1 THEN r.finally_left ELSE 0 END
  FROM unnest(ids, gens) d (id, gen) WHERE r.id = d.id;
  SELECT coalesce(array_agg((r.id, p.node, 0)::node_key), '{}') INTO spared
  FROM run r JOIN plan_node p ON p.plan_id = r.plan_id AND p.finally WHERE r.id = ANY (ids) AND r.cancel_gen = 1;
  WITH gone AS (
    DELETE FROM ready q WHERE q.run_id = ANY (ids) AND NOT EXISTS (SELECT FROM unnest(spared) s WHERE s.run_id = q.run_id AND s.node = q.node)
    RETURNING q.fence
  ) SELECT array_agg(g.fence) INTO let_go FROM gone g;
  DELETE FROM timer q WHERE q.run_id = ANY (ids) AND NOT EXISTS (SELECT FROM unnest(spared) s WHERE s.run_id = q.run_id AND s.node = q.node);
  DELETE FROM cache_waiter q WHERE q.run_id = ANY (ids) AND NOT EXISTS (SELECT FROM unnest(spared) s WHERE s.run_id = q.run_id AND s.node = q.node);
  -- Who waits for a run that it started, or for its items, goes on waiting: these are being cancelled too, and the last says so.
  WITH gone AS (
    DELETE FROM parked q WHERE q.run_id = ANY (ids) AND q.kind NOT IN ('child', 'map')
      AND NOT EXISTS (SELECT FROM unnest(spared) s WHERE s.run_id = q.run_id AND s.node = q.node)
    RETURNING q.pool_id
  ), given_back AS (
    UPDATE slot s SET fence = NULL WHERE s.fence = ANY (let_go) RETURNING s.pool_id
  )
  SELECT array_agg(DISTINCT c.pool_id) INTO pools FROM (SELECT g.pool_id FROM gone g UNION ALL SELECT b.pool_id FROM given_back b) c;
  -- Nobody need answer any more what was asked for them.
  WITH gone AS (
    UPDATE approval a SET status = 'withdrawn', decided_at = now()
    WHERE a.run_id = ANY (ids) AND a.status = 'open' AND NOT EXISTS (SELECT FROM unnest(spared) s WHERE s.run_id = a.run_id AND s.node = a.node)
    RETURNING a.id
  ) SELECT array_agg(g.id) INTO unasked FROM gone g;
  PERFORM tell_approvals(unasked);
  -- What tidies up is not held back by a pause.
  PERFORM prolong_approvals(tree(which));
  UPDATE run SET paused_at = NULL WHERE id = ANY (tree(which)) AND paused_at IS NOT NULL;
  SELECT u.queued INTO freed FROM unpark(ARRAY(
    SELECT (q.run_id, q.node, q.map_index)::node_key FROM parked q WHERE q.run_id = ANY (tree(which)) AND q.kind = 'paused')) u;
  UPDATE lease q SET cancelled = true WHERE q.run_id = ANY (ids)
    AND NOT EXISTS (SELECT FROM unnest(spared) s WHERE s.run_id = q.run_id AND s.node = q.node);
  WITH moved AS (
    UPDATE node_run n SET status = 'cancelled', reason = 'cancelled', finished_at = now()
    WHERE n.run_id = ANY (ids) AND n.status IN ('pending', 'queued', 'waiting')
      AND NOT EXISTS (SELECT FROM unnest(spared) s WHERE s.run_id = n.run_id AND s.node = n.node)
      AND NOT EXISTS (SELECT FROM parked q WHERE q.run_id = n.run_id AND q.node = n.node AND q.map_index = n.map_index)
    RETURNING n.run_id, n.node, n.map_index, n.attempt
  )
  SELECT coalesce(array_agg(c) FILTER (WHERE m.map_index = 0), '{}'), coalesce(array_agg(c) FILTER (WHERE m.map_index > 0), '{}') INTO stopped, items
  FROM moved m, LATERAL (SELECT (m.run_id, m.node, m.map_index, 'cancelled', m.attempt, 'cancelled', NULL)::node_change) u (c);
  SELECT e.touched, e.finals INTO ended FROM end_items(items) e;
  SELECT a.touched, a.runs INTO followed FROM advance(stopped || ended.finals) a;
  SELECT l.queued INTO entered FROM let_in(pools) l;
  PERFORM tell(freed || stopped || items || ended.touched || followed.touched || entered, ids || followed.runs);
  PERFORM pg_notify('drawloom_cancel', which::text);
  RETURN true;
END $$;
