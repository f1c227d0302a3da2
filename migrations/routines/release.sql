-- Takes from each child what it still waits for, lets its rule decide, queues the children that run, skips those that do not, and
-- goes on with what it skipped. Only children that are not decided yet are touched, and only under their run's row: two parents that
-- finish at once cannot each see the other still running, and leave the join to nobody.
CREATE FUNCTION drawloom.release(finals drawloom.node_change[], OUT skipped drawloom.node_change[], OUT queued drawloom.node_change[])
LANGUAGE plpgsql AS $$
DECLARE
  wave drawloom.node_change[] := finals;
  now_queued drawloom.node_change[];
BEGIN
  skipped := '{}';
  queued := '{}';
  WHILE cardinality(wave) > 0 LOOP
    WITH child AS (
      SELECT p.run_id, e.dst AS node, max(r.plan_id) AS plan_id, bool_and(e.plain) AS plain, count(*)::int AS parents,
        (count(*) FILTER (WHERE o.outcome = 'failed'))::int AS failed,
        (count(*) FILTER (WHERE o.outcome = 'skipped'))::int AS left_out,
        min(coalesce(p.cause, p.node)) FILTER (WHERE o.outcome = 'failed') AS culprit,
        min(coalesce(p.cause, p.node)) FILTER (WHERE o.outcome = 'skipped') AS chooser
      FROM unnest(wave) p
      JOIN run r ON r.id = p.run_id
      JOIN LATERAL (SELECT e.dst, e.plain FROM plan_edge e WHERE e.plan_id = r.plan_id AND e.src = p.node OFFSET 0) e ON true
      CROSS JOIN LATERAL (
        SELECT CASE
          WHEN p.status IN ('failed', 'cancelled') OR p.reason = 'upstream_failed' THEN 'failed'
          WHEN p.status = 'skipped' THEN 'skipped'
          WHEN e.plain THEN 'good'
          WHEN carries(r.plan_id, p.node, e.dst, p.run_id, p.attempt) THEN 'good'
          ELSE 'skipped'
        END AS outcome
      ) o
      GROUP BY p.run_id, e.dst
    ), found AS (
      SELECT c.*, n.place, CASE
        WHEN NOT c.plain THEN decide_node(c.plan_id, c.node, n.deps_left - c.parents, n.deps_failed + c.failed, n.deps_skipped + c.left_out)
        WHEN n.deps_failed + c.failed > 0 THEN 'blocked' -- from here on as all_success decides, without looking it up
        WHEN n.deps_left > c.parents THEN 'wait'
        WHEN n.deps_skipped + c.left_out > 0 THEN 'skip'
        ELSE 'run'
      END AS decision
      FROM child c
      JOIN LATERAL (
        SELECT n.ctid AS place, n.deps_left, n.deps_failed, n.deps_skipped FROM node_run n
        WHERE n.run_id = c.run_id AND n.node = c.node AND n.map_index = 0 AND n.status = 'pending' OFFSET 0
      ) n ON true
    ), moved AS (
      UPDATE node_run n SET
        deps_left = n.deps_left - c.parents,
        deps_failed = n.deps_failed + c.failed,
        deps_skipped = n.deps_skipped + c.left_out,
        status = CASE c.decision WHEN 'run' THEN 'queued' WHEN 'wait' THEN 'pending' ELSE 'skipped' END::node_run_status,
        reason = CASE c.decision WHEN 'blocked' THEN 'upstream_failed' WHEN 'skip' THEN 'not_taken' END::attempt_reason,
        cause_node = CASE WHEN c.decision <> 'run' THEN coalesce(c.culprit, n.cause_node, c.chooser) END,
        queued_at = CASE WHEN c.decision = 'run' THEN now() END,
        finished_at = CASE WHEN c.decision IN ('skip', 'blocked') THEN now() END
      FROM found c
      WHERE n.ctid = c.place
      RETURNING n.run_id, n.node, n.status, n.reason, n.cause_node
    ), put AS (
      INSERT INTO ready (run_id, node, map_index, priority, lane)
      SELECT m.run_id, m.node, 0, r.priority, r.lane FROM moved m JOIN run r ON r.id = m.run_id
      WHERE m.status = 'queued' ORDER BY m.run_id, m.node
    )
    SELECT
      coalesce(array_agg((m.run_id, m.node, 0, 'queued', 0, NULL, NULL)::node_change) FILTER (WHERE m.status = 'queued'), '{}'),
      coalesce(array_agg((m.run_id, m.node, 0, 'skipped', 0, m.reason, m.cause_node)::node_change) FILTER (WHERE m.status = 'skipped'), '{}')
    INTO now_queued, wave FROM moved m;
    queued := queued || now_queued;
    skipped := skipped || wave;
  END LOOP;
END $$;

-- Everything else in these runs has ended: lets their finally-nodes go, which waited for that as for one parent more.
CREATE FUNCTION drawloom.release_finally(runs bigint[], OUT queued drawloom.node_change[])
LANGUAGE plpgsql AS $$
BEGIN
  WITH found AS (
    SELECT n.place, n.deps_left FROM unnest(runs) u (id)
    JOIN run r ON r.id = u.id
    JOIN LATERAL (SELECT p.node FROM plan_node p WHERE p.plan_id = r.plan_id AND p.finally OFFSET 0) p ON true
    JOIN LATERAL (SELECT n.ctid AS place, n.deps_left FROM node_run n WHERE n.run_id = r.id AND n.node = p.node AND n.map_index = 0 AND n.status = 'pending' OFFSET 0) n ON true
  ), moved AS (
    UPDATE node_run n SET deps_left = n.deps_left - 1,
      status = CASE WHEN f.deps_left = 1 THEN 'queued' ELSE 'pending' END::node_run_status,
      queued_at = CASE WHEN f.deps_left = 1 THEN now() END
    FROM found f WHERE n.ctid = f.place
    RETURNING n.run_id, n.node, n.status
  ), put AS (
    INSERT INTO ready (run_id, node, map_index, priority, lane)
    SELECT m.run_id, m.node, 0, r.priority, r.lane FROM moved m JOIN run r ON r.id = m.run_id
    WHERE m.status = 'queued' ORDER BY m.run_id, m.node
  )
  SELECT coalesce(array_agg((m.run_id, m.node, 0, 'queued', 0, NULL, NULL)::node_change), '{}') INTO queued
  FROM moved m WHERE m.status = 'queued';
END $$;
