-- Ends what takes too long: runs over their limit, and node runs that could begin and did not in time. The second are ended as every
-- attempt is: the house itself takes them under a fence, and brings the result. Returns how many it ended.
CREATE FUNCTION drawloom.end_overdue() RETURNS int
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  late bigint[];
  one bigint;
  taken jsonb;
  ended int := 0;
BEGIN
  IF NOT EXISTS (SELECT FROM run WHERE timed AND finished_at IS NULL) THEN RETURN 0; END IF;
  -- Looked up again under the lock of those who turn a run over, since another process looks at the same time.
  IF EXISTS (SELECT FROM overdue_runs()) THEN
    PERFORM pg_advisory_xact_lock(tick_lock());
    FOR one IN SELECT * FROM overdue_runs() LOOP
      UPDATE run SET reason = 'timeout' WHERE id = one;
      PERFORM cancel(one, NULL);
      ended := ended + 1;
    END LOOP;
  END IF;

  PERFORM pg_advisory_xact_lock_shared(tick_lock());
  SELECT array_agg(DISTINCT o.run_id) INTO late FROM overdue_nodes(NULL) o;
  IF late IS NULL THEN RETURN ended; END IF;
  PERFORM FROM run WHERE id = ANY (with_parents(late)) ORDER BY id FOR NO KEY UPDATE;
  WITH overdue AS MATERIALIZED (
    SELECT * FROM overdue_nodes(late)
  ), free AS MATERIALIZED (
    SELECT r.ctid AS place, coalesce(r.fence, nextval('fence')) AS fence, o.* FROM overdue o
    JOIN ready r ON r.run_id = o.run_id AND r.node = o.node AND r.map_index = o.map_index
    FOR UPDATE OF r SKIP LOCKED
  ), in_line AS MATERIALIZED (
    SELECT p.ctid AS place, nextval('fence') AS fence, o.* FROM overdue o
    JOIN parked p ON p.run_id = o.run_id AND p.node = o.node AND p.map_index = o.map_index AND p.kind = 'pool'
    FOR UPDATE OF p SKIP LOCKED
  ), gone AS (
    DELETE FROM ready r WHERE r.ctid = ANY (ARRAY(SELECT f.place FROM free f))
  ), left_line AS (
    DELETE FROM parked p WHERE p.ctid = ANY (ARRAY(SELECT l.place FROM in_line l))
  ), moved AS (
    UPDATE node_run n SET status = 'running', reason = NULL, attempt = n.attempt + 1, fence = f.fence
    FROM (SELECT * FROM free UNION ALL SELECT * FROM in_line) f WHERE n.run_id = f.run_id AND n.node = f.node AND n.map_index = f.map_index
    RETURNING n.run_id, n.node, n.map_index, n.attempt, n.fence, f.queue_timeout_ms
  ), leased AS (
    INSERT INTO lease (run_id, node, map_index, attempt, fence, worker_id, claimed_at)
    SELECT m.run_id, m.node, m.map_index, m.attempt, m.fence, house(), now() FROM moved m
  )
  SELECT jsonb_agg(jsonb_build_object('run', m.run_id, 'node', m.node, 'mapIndex', m.map_index, 'fence', m.fence, 'reason', 'queue_timeout',
      'error', jsonb_build_object('message', format('It waited longer than its limit of %s s for its start.', m.queue_timeout_ms / 1000.0))))
  INTO taken FROM moved m;
  IF taken IS NULL THEN RETURN ended; END IF;
  PERFORM tick(house(), taken, NULL, 0);
  RETURN ended + jsonb_array_length(taken);
END $$;

-- Who carries out what no worker does.
CREATE FUNCTION drawloom.house() RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT '00000000-0000-0000-0000-000000000000'::uuid $$;

CREATE FUNCTION drawloom.overdue_runs() RETURNS SETOF bigint
LANGUAGE sql VOLATILE -- each look sees what was committed before it
SET search_path = drawloom, pg_temp
AS $$
  SELECT r.id FROM run r
  WHERE r.timed AND r.finished_at IS NULL AND r.status IN ('queued', 'running')
    AND r.paused_at IS NULL AND r.started_at + (r.timeout_ms + r.paused_ms) * interval '1 millisecond' < now()
  ORDER BY r.id
$$;

-- Node runs that could begin, or wait in line for a slot, longer than they may; of some runs, or of all.
CREATE FUNCTION drawloom.overdue_nodes(runs bigint[]) RETURNS TABLE (run_id bigint, node int, map_index int, queue_timeout_ms bigint)
LANGUAGE sql VOLATILE
SET search_path = drawloom, pg_temp
AS $$
  SELECT n.run_id, n.node, n.map_index, p.queue_timeout_ms
  FROM run r
  JOIN plan_node p ON p.plan_id = r.plan_id AND p.queue_timeout_ms IS NOT NULL
  JOIN node_run n ON n.run_id = r.id AND n.node = p.node AND (n.status = 'queued' OR (n.status = 'waiting' AND EXISTS (
    SELECT FROM parked w WHERE w.run_id = n.run_id AND w.node = n.node AND w.map_index = n.map_index AND w.kind = 'pool')))
  WHERE r.timed AND r.finished_at IS NULL AND (runs IS NULL OR r.id = ANY (runs))
    AND n.queued_at + p.queue_timeout_ms * interval '1 millisecond' < now()
$$;
