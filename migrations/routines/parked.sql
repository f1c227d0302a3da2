-- Puts node runs that were parked among what can run, each in the place that it had there before. Those of them that are not parked any more, or that somebody else is just
-- putting back, are left alone. Whoever calls tells what was queued.
CREATE FUNCTION drawloom.unpark(nodes drawloom.node_key[], OUT queued drawloom.node_change[])
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(tick_lock());
  WITH found AS MATERIALIZED (
    SELECT p.ctid AS place FROM unnest(nodes) k
    JOIN parked p ON p.run_id = k.run_id AND p.node = k.node AND p.map_index = k.map_index
    FOR UPDATE OF p SKIP LOCKED
  ), freed AS (
    DELETE FROM parked p WHERE p.ctid = ANY (ARRAY(SELECT f.place FROM found f))
    RETURNING p.run_id, p.node, p.map_index, p.ready_id
  ), moved AS (
    UPDATE node_run n SET status = 'queued', queued_at = now()
    FROM (SELECT n.place, f.ready_id FROM freed f JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = f.run_id AND n.node = f.node AND n.map_index = f.map_index OFFSET 0) n ON true) f
    WHERE n.ctid = f.place AND n.status = 'waiting'
    RETURNING n.run_id, n.node, n.map_index, n.attempt, n.reason, f.ready_id
  ), put AS (
    INSERT INTO ready (id, run_id, node, map_index, priority, lane) OVERRIDING SYSTEM VALUE
    SELECT coalesce(m.ready_id, nextval('ready_id_seq')), m.run_id, m.node, m.map_index, r.priority, r.lane FROM moved m JOIN run r ON r.id = m.run_id ORDER BY m.run_id, m.node, m.map_index
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'queued', m.attempt, m.reason, NULL)::node_change), '{}') INTO queued FROM moved m;
END $$;
