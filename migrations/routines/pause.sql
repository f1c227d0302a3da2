-- Pauses a run and all that it started: what runs goes on, nothing new begins. What is ready now is put aside here; what becomes ready later is put aside by
-- the claim that meets it. False: there is no such run, or it is over, ending, or paused already.
CREATE FUNCTION drawloom.pause(which bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  ids bigint[];
  aside drawloom.node_change[];
  pools bigint[];
  let_go bigint[];
  followed drawloom.node_change[];
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  IF NOT EXISTS (SELECT FROM run WHERE id = which AND finished_at IS NULL AND status <> 'cancelling' AND paused_at IS NULL) THEN RETURN false; END IF;
  ids := tree(which);
  UPDATE run SET paused_at = now() WHERE id = ANY (ids) AND status <> 'cancelling' AND paused_at IS NULL;
  WITH gone AS (
    DELETE FROM ready r USING run q WHERE r.run_id = ANY (ids) AND q.id = r.run_id AND q.paused_at IS NOT NULL RETURNING r.id, r.run_id, r.node, r.map_index, r.fence
  ), put AS (
    INSERT INTO parked (run_id, node, map_index, kind, ready_id) SELECT g.run_id, g.node, g.map_index, 'paused', g.id FROM gone g
  ), moved AS (
    UPDATE node_run n SET status = 'waiting' FROM gone g
    WHERE n.run_id = g.run_id AND n.node = g.node AND n.map_index = g.map_index
    RETURNING n.run_id, n.node, n.map_index, n.attempt, n.reason, g.fence
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'waiting', m.attempt, m.reason, NULL)::node_change), '{}'), array_agg(m.fence)
  INTO aside, let_go FROM moved m;
  -- It leaves the lines of its pools, and the slots of what has not begun; what it had before, it gets again by its old place.
  WITH gone AS (
    UPDATE slot s SET fence = NULL WHERE s.fence = ANY (let_go) RETURNING s.pool_id
  ), in_line AS (
    SELECT p.ctid AS place, p.pool_id FROM parked p JOIN run q ON q.id = p.run_id
    WHERE p.run_id = ANY (ids) AND p.kind = 'pool' AND q.paused_at IS NOT NULL
  ), left_line AS (
    UPDATE parked p SET kind = 'paused', pool_id = NULL, slots = NULL, priority = NULL FROM in_line i WHERE p.ctid = i.place RETURNING i.pool_id
  )
  SELECT array_agg(DISTINCT c.pool_id) INTO pools FROM (SELECT g.pool_id FROM gone g UNION ALL SELECT l.pool_id FROM left_line l) c;
  SELECT l.queued INTO followed FROM let_in(pools) l;
  PERFORM tell(aside || followed, ids);
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
  PERFORM prolong_approvals(ids);
  UPDATE run SET paused_at = NULL, paused_ms = paused_ms + extract(epoch FROM now() - greatest(paused_at, started_at)) * 1000
  WHERE id = ANY (ids) AND paused_at IS NOT NULL;
  SELECT u.queued INTO again FROM unpark(ARRAY(
    SELECT (p.run_id, p.node, p.map_index)::node_key FROM parked p WHERE p.run_id = ANY (ids) AND p.kind = 'paused' ORDER BY p.run_id, p.node, p.map_index)) u;
  PERFORM tell(again, ids);
  RETURN true;
END $$;
