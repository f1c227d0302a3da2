-- Whether a node runs, from how its parents ended: run, skip (it was not meant to), blocked (something before it failed), or wait.
-- Told as soon as it is certain; no further parent changes it. shared/src/run/rules.ts is the same function, and tells it ahead.
CREATE FUNCTION drawloom.decide(rule text, parents int, remaining int, failed int, skipped int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE rule
    WHEN 'all_success' THEN CASE WHEN failed > 0 THEN 'blocked' WHEN remaining > 0 THEN 'wait' WHEN skipped > 0 THEN 'skip' ELSE 'run' END
    WHEN 'all_failed' THEN CASE WHEN parents - remaining - failed > 0 THEN 'skip' WHEN remaining > 0 THEN 'wait' ELSE 'run' END
    WHEN 'all_skipped' THEN CASE WHEN parents - remaining - skipped > 0 THEN 'skip' WHEN remaining > 0 THEN 'wait' ELSE 'run' END
    WHEN 'all_done' THEN CASE WHEN remaining > 0 THEN 'wait' ELSE 'run' END
    WHEN 'one_success' THEN CASE WHEN parents - remaining - failed - skipped > 0 THEN 'run' WHEN remaining > 0 THEN 'wait' WHEN failed > 0 THEN 'blocked' ELSE 'skip' END
    WHEN 'one_failed' THEN CASE WHEN failed > 0 THEN 'run' WHEN remaining > 0 THEN 'wait' ELSE 'skip' END
    WHEN 'one_skipped' THEN CASE WHEN skipped > 0 THEN 'run' WHEN remaining > 0 THEN 'wait' ELSE 'skip' END
    WHEN 'one_done' THEN CASE WHEN parents - remaining > 0 THEN 'run' WHEN remaining > 0 THEN 'wait' ELSE 'skip' END
    WHEN 'none_success' THEN CASE WHEN parents - remaining - failed - skipped > 0 THEN 'skip' WHEN remaining > 0 THEN 'wait' ELSE 'run' END
    WHEN 'none_failed' THEN CASE WHEN failed > 0 THEN 'blocked' WHEN remaining > 0 THEN 'wait' ELSE 'run' END
    WHEN 'none_skipped' THEN CASE WHEN skipped > 0 THEN 'skip' WHEN remaining > 0 THEN 'wait' ELSE 'run' END
    WHEN 'none_failed_min_one_success' THEN CASE WHEN failed > 0 THEN 'blocked' WHEN remaining > 0 THEN 'wait' WHEN parents - skipped > 0 THEN 'run' ELSE 'skip' END
  END
$$;

-- The same, for one node of a plan. A finally-node waits for the rest of its run as for one parent more.
CREATE FUNCTION drawloom.decide_node(plan bigint, which int, remaining int, failed int, skipped int) RETURNS text
LANGUAGE sql STABLE AS $$
  SELECT drawloom.decide(p.trigger_rule, p.in_degree, remaining, failed, skipped)
  FROM drawloom.plan_node p WHERE p.plan_id = plan AND p.node = which
$$;

-- Whether an attempt that did well gave what the edge to a child carries: something, and all that the child cannot do without.
-- An edge that carries nothing only waits.
CREATE FUNCTION drawloom.carries(plan bigint, source int, target int, run bigint, last_attempt int) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT coalesce(bool_or(c.came) AND bool_and(c.came OR NOT i.needed), true)
  FROM drawloom.plan_input i, LATERAL (
    SELECT i.sure OR EXISTS (
      SELECT FROM drawloom.artifact_use u
      WHERE u.run_id = run AND u.node = source AND u.map_index = 0 AND u.attempt = last_attempt AND u.direction = 'out' AND u.port = i.src_port
    ) AS came OFFSET 0
  ) c
  WHERE i.plan_id = plan AND i.node = target AND i.src = source
$$;
