-- Child runs: what a node run starts that stands for a whole pipeline, and what becomes of that node run when its child is over.
-- A child's id is always higher than its parent's, so that runs locked by id are locked parents first. While a child is on its way
-- its parent's node run is parked; there is no moment at which one is without the other.

-- What a run gives to the node that started it, by the names of its outputs.
CREATE FUNCTION drawloom.run_outputs(which bigint) RETURNS TABLE (port text, "position" int, artifact_id bigint, item_name text)
LANGUAGE sql STABLE AS $$
  SELECT p.name, a.position, a.artifact_id, a.item_name
  FROM drawloom.run r
  JOIN LATERAL (SELECT p.node, p.parameters ->> 'name' AS name FROM drawloom.plan_node p WHERE p.plan_id = r.plan_id AND p.type = 'pipeline-output' OFFSET 0) p ON true
  JOIN LATERAL (SELECT n.status FROM drawloom.node_run n WHERE n.run_id = r.id AND n.node = p.node AND n.map_index = 0 OFFSET 0) n ON n.status = 'succeeded'
  CROSS JOIN LATERAL drawloom.arrivals(ARRAY[(r.id, p.node, 0)::drawloom.node_key]) a
  WHERE r.id = which
$$;

-- Makes the node runs of runs that were just added. What comes into a run is there from the start: its input nodes have done their work.
CREATE FUNCTION drawloom.begin_runs(ids bigint[], OUT touched drawloom.node_change[], OUT finals drawloom.node_change[])
LANGUAGE plpgsql AS $$
BEGIN
  WITH made AS (
    INSERT INTO node_run (run_id, node, map_index, status, reason, deps_left, attempt, fence, queued_at, started_at, finished_at)
    SELECT r.id, n.node, 0,
      CASE WHEN n.type = 'pipeline-input' THEN 'succeeded' WHEN n.in_degree = 0 THEN 'queued' ELSE 'pending' END::node_run_status,
      CASE WHEN n.type = 'pipeline-input' THEN 'ok' END::attempt_reason, n.in_degree,
      CASE WHEN n.type = 'pipeline-input' THEN 1 ELSE 0 END, CASE WHEN n.type = 'pipeline-input' THEN nextval('fence') END,
      CASE WHEN n.in_degree = 0 THEN now() END, CASE WHEN n.type = 'pipeline-input' THEN now() END, CASE WHEN n.type = 'pipeline-input' THEN now() END
    FROM unnest(ids) u (id)
    JOIN run r ON r.id = u.id
    JOIN LATERAL (SELECT n.node, n.type, n.in_degree FROM plan_node n WHERE n.plan_id = r.plan_id OFFSET 0) n ON true
    ORDER BY r.id, n.node
    RETURNING run_id, node, status, fence
  ), put AS (
    INSERT INTO ready (run_id, node, map_index, priority, lane)
    SELECT m.run_id, m.node, 0, r.priority, r.lane FROM made m JOIN run r ON r.id = m.run_id WHERE m.status = 'queued' ORDER BY m.run_id, m.node
  ), ended AS (
    INSERT INTO attempt (run_id, node, map_index, attempt, fence, worker_id, tier, claimed_at, finished_at, reason)
    SELECT m.run_id, m.node, 0, 1, m.fence, house(), 'house', now(), now(), 'ok' FROM made m WHERE m.status = 'succeeded'
  )
  SELECT coalesce(array_agg((m.run_id, m.node, 0, 'queued', 0, NULL, NULL)::node_change ORDER BY m.run_id, m.node) FILTER (WHERE m.status = 'queued'), '{}'),
    coalesce(array_agg((m.run_id, m.node, 0, 'succeeded', 1, 'ok', NULL)::node_change ORDER BY m.run_id, m.node) FILTER (WHERE m.status = 'succeeded'), '{}')
  INTO touched, finals FROM made m;
  touched := touched || finals;
  IF cardinality(finals) = 0 THEN RETURN; END IF;

  -- From the node that started the run; after the first round of a loop, from the output of that name of the round before.
  INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name)
  SELECT f.run_id, f.node, 0, 1, 'out', 'value', g.position, g.artifact_id, g.item_name
  FROM unnest(finals) f
  JOIN run c ON c.id = f.run_id
  JOIN LATERAL (SELECT p.parameters ->> 'name' AS port FROM plan_node p WHERE p.plan_id = c.plan_id AND p.node = f.node OFFSET 0) p ON true
  JOIN LATERAL (SELECT n.attempt FROM node_run n WHERE n.run_id = c.parent_run AND n.node = c.parent_node AND n.map_index = c.parent_map_index OFFSET 0) n ON true
  LEFT JOIN LATERAL (
    SELECT max(b.id) AS id FROM run b
    WHERE c.round > 1 AND b.parent_run = c.parent_run AND b.parent_node = c.parent_node AND b.parent_map_index = c.parent_map_index AND b.round = c.round - 1
  ) before ON true
  CROSS JOIN LATERAL (
    SELECT o.position, o.artifact_id, o.item_name FROM run_outputs(before.id) o WHERE o.port = p.port
    UNION ALL
    SELECT u.position, u.artifact_id, u.item_name FROM artifact_use u
    WHERE u.run_id = c.parent_run AND u.node = c.parent_node AND u.map_index = c.parent_map_index AND u.attempt = n.attempt
      AND u.direction = 'in' AND u.port = p.port AND NOT EXISTS (SELECT FROM run_outputs(before.id) o WHERE o.port = p.port)
  ) g;
END $$;

-- These runs and all above them, whose node runs end with theirs: what is to be held, in the order of the ids, by whoever ends anything.
CREATE FUNCTION drawloom.with_parents(ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM run WHERE id = ANY (ids) AND parent_run IS NOT NULL) THEN RETURN ids; END IF;
  RETURN ARRAY(
    WITH RECURSIVE line AS (
      SELECT r.id, r.parent_run FROM run r WHERE r.id = ANY (ids)
      UNION
      SELECT r.id, r.parent_run FROM line l JOIN run r ON r.id = l.parent_run
    ) SELECT l.id FROM line l);
END $$;

-- A run and all that it started, and that is not over.
CREATE FUNCTION drawloom.tree(which bigint) RETURNS bigint[]
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  WITH RECURSIVE down AS (
    SELECT r.id FROM run r WHERE r.id = which AND r.finished_at IS NULL
    UNION ALL
    SELECT c.id FROM down d JOIN run c ON c.parent_run = d.id AND c.finished_at IS NULL
  ) SELECT coalesce(array_agg(d.id), '{}') FROM down d
$$;

-- Starts the next child run of each of these node runs, which are parked for it. It takes over what went well in the child that stood
-- in its place before: in an earlier attempt of this node run, or in the run that this one replays.
CREATE FUNCTION drawloom.start_children(parents drawloom.node_key[], rounds int[], OUT touched drawloom.node_change[], OUT finals drawloom.node_change[], OUT runs bigint[])
LANGUAGE plpgsql AS $$
BEGIN
  WITH made AS (
    INSERT INTO run (project_id, pipeline_id, pipeline_version_id, plan_id, parameters, trigger, status, priority, lane, reuse, remaining,
      finally_left, timeout_ms, timed, paused_at, replay_of, created_by, parent_run, parent_node, parent_map_index, round)
    SELECT r.project_id, p.pipeline_id, p.version_id, p.child_plan_id, p.parameters, 'pipeline', 'queued', r.priority, r.lane, r.reuse AND (r.anew IS NULL OR k.node <> ALL (r.anew)),
      c.node_count, c.finally_count, p.timeout_ms, c.timed OR p.timeout_ms IS NOT NULL, r.paused_at,
      coalesce(
        (SELECT max(b.id) FROM run b WHERE b.parent_run = k.run_id AND b.parent_node = k.node AND b.parent_map_index = k.map_index AND b.round = k.round AND b.plan_id = p.child_plan_id),
        (SELECT max(b.id) FROM run b WHERE (r.anew IS NULL OR k.node <> ALL (r.anew)) AND b.parent_run = r.replay_of AND b.parent_node = k.node AND b.parent_map_index = k.map_index AND b.round = k.round AND b.plan_id = p.child_plan_id)),
      r.created_by, k.run_id, k.node, k.map_index, k.round
    FROM unnest(parents, rounds) k (run_id, node, map_index, round)
    JOIN run r ON r.id = k.run_id
    JOIN LATERAL (SELECT * FROM plan_child p WHERE p.plan_id = r.plan_id AND p.node = k.node OFFSET 0) p ON true
    JOIN plan c ON c.id = p.child_plan_id
    ORDER BY k.run_id, k.node, k.map_index
    RETURNING id
  )
  SELECT coalesce(array_agg(m.id), '{}') INTO runs FROM made m;
  SELECT b.touched, b.finals INTO touched, finals FROM begin_runs(runs) b;
END $$;

-- What becomes of the node runs whose children are over: done, failed, tried again, cancelled, or the next round of a loop.
CREATE FUNCTION drawloom.end_children(ended bigint[], OUT touched drawloom.node_change[], OUT finals drawloom.node_change[], OUT runs bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  one record;
  goes_on boolean;
  missing text;
  outcome attempt_reason;
  next_status node_run_status;
  failure jsonb;
  new_fence bigint;
  looping drawloom.node_key[] := '{}';
  rounds int[] := '{}';
  started record;
BEGIN
  touched := '{}'; finals := '{}'; runs := '{}';
  FOR one IN
    SELECT c.id, c.status, c.round, c.parent_run AS run_id, c.parent_node AS node, c.parent_map_index AS map_index, n.place, n.attempt, n.failures, w.since,
      p.outputs, h.loop_bound, h.loop_fails, p.retry_attempts, p.retry_delay_ms, p.retry_factor, p.retry_max_delay_ms, p.retry_jitter,
      q.status = 'cancelling' AND NOT (p.finally AND q.cancel_gen = 1) AS stopping
    FROM unnest(ended) e (id)
    JOIN run c ON c.id = e.id
    JOIN run q ON q.id = c.parent_run
    JOIN LATERAL (SELECT * FROM plan_node p WHERE p.plan_id = q.plan_id AND p.node = c.parent_node OFFSET 0) p ON true
    JOIN LATERAL (SELECT h.loop_bound, h.loop_fails FROM plan_child h WHERE h.plan_id = q.plan_id AND h.node = c.parent_node OFFSET 0) h ON true
    JOIN LATERAL (SELECT n.ctid AS place, n.attempt, n.failures FROM node_run n WHERE n.run_id = c.parent_run AND n.node = c.parent_node AND n.map_index = c.parent_map_index OFFSET 0) n ON true
    JOIN LATERAL (SELECT w.since FROM parked w WHERE w.run_id = c.parent_run AND w.node = c.parent_node AND w.map_index = c.parent_map_index AND w.kind = 'child' OFFSET 0) w ON true
    ORDER BY c.id
  LOOP
    goes_on := one.status = 'succeeded' AND one.loop_bound IS NOT NULL AND EXISTS (SELECT FROM run_outputs(one.id) o WHERE o.port = 'again');
    IF goes_on AND one.round < one.loop_bound AND NOT one.stopping THEN
      looping := looping || (one.run_id, one.node, one.map_index)::node_key;
      rounds := rounds || one.round + 1;
      CONTINUE;
    END IF;
    SELECT min(o.value ->> 'name') INTO missing FROM jsonb_array_elements(one.outputs) o
    WHERE NOT coalesce((o.value ->> 'optional')::boolean, false) AND NOT EXISTS (SELECT FROM run_outputs(one.id) g WHERE g.port = o.value ->> 'name');
    failure := NULL;
    outcome := CASE
      WHEN one.status = 'succeeded' AND goes_on AND (one.stopping OR one.loop_fails) THEN 'child_failed'
      WHEN one.status = 'succeeded' AND missing IS NULL THEN 'ok'
      WHEN one.status = 'succeeded' THEN 'bad_output'
      ELSE 'child_failed'
    END;
    IF outcome <> 'ok' AND one.stopping THEN
      outcome := 'cancelled';
    ELSIF outcome <> 'ok' THEN
      failure := jsonb_build_object('message', CASE
        WHEN outcome = 'bad_output' THEN format('Run %s did well without giving "%s", which it declares. Make that output optional, or see why it was left out.', one.id, missing)
        WHEN one.status = 'succeeded' THEN format('It would go on after %s rounds, which is its bound. Raise the bound, or let it end sooner.', one.round)
        WHEN one.status = 'cancelled' THEN format('Run %s, which it started, was stopped.', one.id)
        ELSE format('Run %s, which it started, failed. See there.', one.id) END);
    END IF;
    next_status := CASE
      WHEN outcome = 'ok' THEN 'succeeded'
      WHEN one.stopping THEN 'cancelled'
      WHEN one.status = 'failed' AND one.failures + 1 < one.retry_attempts THEN 'waiting'
      ELSE 'failed'
    END;
    new_fence := nextval('fence');
    DELETE FROM parked w WHERE w.run_id = one.run_id AND w.node = one.node AND w.map_index = one.map_index;
    INSERT INTO attempt (run_id, node, map_index, attempt, fence, worker_id, tier, claimed_at, finished_at, reason, error)
    VALUES (one.run_id, one.node, one.map_index, one.attempt + 1, new_fence, house(), 'house', one.since, now(), outcome, failure);
    INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name)
    SELECT u.run_id, u.node, u.map_index, one.attempt + 1, 'in', u.port, u.position, u.artifact_id, u.item_name FROM artifact_use u
    WHERE u.run_id = one.run_id AND u.node = one.node AND u.map_index = one.map_index AND u.attempt = one.attempt AND u.direction = 'in';
    IF outcome = 'ok' THEN
      INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name)
      SELECT one.run_id, one.node, one.map_index, one.attempt + 1, 'out', o.port, o.position, o.artifact_id, o.item_name FROM run_outputs(one.id) o
      WHERE EXISTS (SELECT FROM jsonb_array_elements(one.outputs) d WHERE d.value ->> 'name' = o.port);
    END IF;
    UPDATE node_run n SET status = next_status, reason = outcome, attempt = one.attempt + 1, fence = new_fence,
      failures = one.failures + (outcome NOT IN ('ok', 'cancelled'))::int,
      finished_at = CASE WHEN next_status <> 'waiting' THEN now() END
    WHERE n.ctid = one.place;
    IF next_status = 'waiting' THEN
      INSERT INTO timer (run_id, node, map_index, kind, due_at)
      VALUES (one.run_id, one.node, one.map_index, 'retry',
        now() + retry_delay_ms(one.retry_delay_ms, one.retry_factor, one.failures + 1, one.retry_max_delay_ms, one.retry_jitter, NULL) * interval '1 millisecond');
      touched := touched || (one.run_id, one.node, one.map_index, next_status, one.attempt + 1, outcome, NULL)::node_change;
    ELSE
      finals := finals || (one.run_id, one.node, one.map_index, next_status, one.attempt + 1, outcome, NULL)::node_change;
    END IF;
  END LOOP;
  touched := touched || finals;
  IF cardinality(looping) > 0 THEN
    SELECT s.touched, s.finals, s.runs INTO started FROM start_children(looping, rounds) s;
    touched := touched || started.touched;
    finals := finals || started.finals;
    runs := started.runs;
  END IF;
END $$;
