-- Takes one from what each child still waits for, queues the children that wait for nothing more, skips those that cannot run,
-- and goes on with what it skipped. One UPDATE decides each wave: two parents that finish at once cannot each see the other
-- still running, and leave the join to nobody.
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
      SELECT p.run_id, e.dst AS node, count(*)::int AS parents,
        (count(*) FILTER (WHERE p.status IN ('failed', 'cancelled')))::int AS failed,
        (count(*) FILTER (WHERE p.status = 'skipped'))::int AS left_out,
        min(coalesce(p.cause, p.node)) FILTER (WHERE p.status IN ('failed', 'cancelled', 'skipped')) AS cause
      FROM unnest(wave) p
      JOIN run r ON r.id = p.run_id
      JOIN LATERAL (SELECT e.dst FROM plan_edge e WHERE e.plan_id = r.plan_id AND e.src = p.node OFFSET 0) e ON true
      GROUP BY p.run_id, e.dst
    ), found AS (
      SELECT c.*, n.place FROM child c
      JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = c.run_id AND n.node = c.node AND n.map_index = 0 OFFSET 0) n ON true
    ), moved AS (
      UPDATE node_run n SET
        deps_left = n.deps_left - c.parents,
        deps_failed = n.deps_failed + c.failed,
        deps_skipped = n.deps_skipped + c.left_out,
        status = CASE
          WHEN n.status <> 'pending' THEN n.status
          WHEN n.deps_failed + n.deps_skipped + c.failed + c.left_out > 0 THEN 'skipped'
          WHEN n.deps_left = c.parents THEN 'queued'
          ELSE n.status
        END,
        cause_node = coalesce(n.cause_node, c.cause),
        queued_at = CASE WHEN n.status = 'pending' AND n.deps_left = c.parents THEN now() ELSE n.queued_at END,
        finished_at = CASE WHEN n.status = 'pending' AND c.failed + c.left_out > 0 THEN now() ELSE n.finished_at END
      FROM found c
      WHERE n.ctid = c.place
      -- Its first bad parent skips a node and its last good one queues it: each happens once, so each is told once.
      RETURNING n.run_id, n.node, n.cause_node, n.status = 'queued' AS queued,
        n.status = 'skipped' AND n.deps_failed + n.deps_skipped = c.failed + c.left_out AS stopped
    ), put AS (
      INSERT INTO ready (run_id, node, map_index, priority)
      SELECT m.run_id, m.node, 0, r.priority FROM moved m JOIN run r ON r.id = m.run_id
      WHERE m.queued ORDER BY m.run_id, m.node
    )
    SELECT
      coalesce(array_agg((m.run_id, m.node, 0, 'queued', 0, NULL, NULL)::node_change) FILTER (WHERE m.queued), '{}'),
      coalesce(array_agg((m.run_id, m.node, 0, 'skipped', 0, NULL, m.cause_node)::node_change) FILTER (WHERE m.stopped), '{}')
    INTO now_queued, wave FROM moved m;
    queued := queued || now_queued;
    skipped := skipped || wave;
  END LOOP;
END $$;
