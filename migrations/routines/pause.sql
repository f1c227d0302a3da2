-- Pauses a run and all that it started: what runs goes on, nothing new begins. What is ready now is put aside here; what becomes ready later is put aside by
-- the claim that meets it. False: there is no such run, or it is over, ending, or paused already.
CREATE FUNCTION drawloom.pause(which bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  ids bigint[];
  aside drawloom.node_change[];
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  IF NOT EXISTS (SELECT FROM run WHERE id = which AND finished_at IS NULL AND status <> 'cancelling' AND paused_at IS NULL) THEN RETURN false; END IF;
  ids := tree(which);
  UPDATE run SET paused_at = now() WHERE id = ANY (ids) AND status <> 'cancelling' AND paused_at IS NULL;
  WITH gone AS (
    DELETE FROM ready r USING run q WHERE r.run_id = ANY (ids) AND q.id = r.run_id AND q.paused_at IS NOT NULL RETURNING r.run_id, r.node, r.map_index
  ), put AS (
    INSERT INTO parked (run_id, node, map_index, kind) SELECT g.run_id, g.node, g.map_index, 'paused' FROM gone g
  ), moved AS (
    UPDATE node_run n SET status = 'waiting' FROM gone g
    WHERE n.run_id = g.run_id AND n.node = g.node AND n.map_index = g.map_index
    RETURNING n.run_id, n.node, n.map_index, n.attempt, n.reason
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'waiting', m.attempt, m.reason, NULL)::node_change), '{}') INTO aside FROM moved m;
  PERFORM tell(aside, ids);
  RETURN true;
END $$;

-- Lets a paused run go on. The time it stood still counts for none of its limits. False: there is no such run, or it is not paused.
CREATE FUNCTION drawloom.resume(which bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  ids bigint[];
  again drawloom.node_change[];
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  IF NOT EXISTS (SELECT FROM run WHERE id = which AND finished_at IS NULL AND paused_at IS NOT NULL) THEN RETURN false; END IF;
  ids := tree(which);
  UPDATE run SET paused_at = NULL, paused_ms = paused_ms + extract(epoch FROM now() - greatest(paused_at, started_at)) * 1000
  WHERE id = ANY (ids) AND paused_at IS NOT NULL;
  SELECT u.queued INTO again FROM unpark(ARRAY(
    SELECT (p.run_id, p.node, p.map_index)::node_key FROM parked p WHERE p.run_id = ANY (ids) AND p.kind = 'paused' ORDER BY p.run_id, p.node, p.map_index)) u;
  PERFORM tell(again, ids);
  RETURN true;
END $$;
