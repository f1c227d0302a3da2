-- What runs do, told to receivers of OpenLineage: noted from the events that the tick appends anyway, so that no run waits for it, each once
-- by its key, and in the order of their commits. What is told of one run goes one message after the other (`lane`).

-- A channel that is new hears of what commits from then on.
CREATE FUNCTION drawloom.begin_lineage() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO drawloom.lineage_place (id, xid, event_id) VALUES (1, pg_snapshot_xmin(pg_current_snapshot()), 0) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER begin_lineage AFTER INSERT OR UPDATE OF enabled ON drawloom.channel FOR EACH ROW
WHEN (NEW.kind = 'openlineage' AND NEW.enabled) EXECUTE FUNCTION drawloom.begin_lineage();

-- Returns how many events it looked at; none while another one looks, or nobody wants to hear.
CREATE FUNCTION drawloom.note_lineage() RETURNS int LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  place lineage_place;
  seen record;
BEGIN
  IF NOT EXISTS (SELECT FROM lineage_place) OR NOT pg_try_advisory_xact_lock(lineage_lock()) THEN RETURN 0; END IF;
  IF NOT EXISTS (SELECT FROM channel WHERE kind = 'openlineage' AND enabled) THEN
    DELETE FROM lineage_place;
    RETURN 0;
  END IF;
  SELECT * INTO place FROM lineage_place;
  SELECT count(*)::int AS count, (array_agg(e.xid ORDER BY e.xid DESC, e.id DESC))[1] AS xid, (array_agg(e.id ORDER BY e.xid DESC, e.id DESC))[1] AS id
  INTO seen FROM (
    SELECT xid, id FROM event WHERE (xid, id) > (place.xid, place.event_id) AND xid < pg_snapshot_xmin(pg_current_snapshot())
    ORDER BY xid, id LIMIT 200) e;
  IF seen.count = 0 THEN RETURN 0; END IF;
  WITH fresh AS MATERIALIZED (
    SELECT e.* FROM event e
    WHERE (e.xid, e.id) > (place.xid, place.event_id) AND (e.xid, e.id) <= (seen.xid, seen.id) AND e.run_id IS NOT NULL
      AND EXISTS (SELECT FROM channel c WHERE c.project_id = e.project_id AND c.kind = 'openlineage' AND c.enabled)
  ), change AS (
    SELECT e.project_id, e.run_id, NULL::int AS node, e.at, e.xid, e.id, 0::bigint AS place, 1 AS attempt,
      CASE e.payload ->> 'status' WHEN 'running' THEN 'START' WHEN 'succeeded' THEN 'COMPLETE' WHEN 'failed' THEN 'FAIL' WHEN 'cancelled' THEN 'ABORT' END AS type
    FROM fresh e WHERE e.payload ->> 'kind' = 'run'
    UNION ALL
    SELECT e.project_id, e.run_id, c.node, e.at, e.xid, e.id, c.place, c.attempt,
      CASE c.status WHEN 'running' THEN CASE WHEN c.attempt > 1 THEN 'RUNNING' ELSE 'START' END WHEN 'succeeded' THEN 'COMPLETE' WHEN 'reused' THEN 'COMPLETE'
        WHEN 'failed' THEN 'FAIL' WHEN 'cancelled' THEN CASE WHEN c.attempt > 0 THEN 'ABORT' END END
    FROM fresh e, unnest(e.nodes, e.map_indexes, e.statuses, e.attempts) WITH ORDINALITY c (node, map_index, status, attempt, place)
    WHERE e.payload IS NULL AND c.map_index = 0
  ), told AS (
    -- Whatever ends was begun: work that was taken over, and what was stopped before its time, begin as they end.
    SELECT c.*, 1 AS step FROM change c WHERE c.type IS NOT NULL
    UNION ALL
    SELECT c.project_id, c.run_id, c.node, c.at, c.xid, c.id, c.place, c.attempt, 'START', 0 FROM change c WHERE c.type IN ('COMPLETE', 'FAIL', 'ABORT')
  ), noted AS (
    INSERT INTO outbox (project_id, kind, pipeline_id, run_id, details, dedupe_key, sorted_at)
    SELECT t.project_id, 'lineage', r.pipeline_id, t.run_id, jsonb_build_object('node', t.node, 'type', t.type, 'at', t.at),
      concat_ws(' ', 'lineage', t.run_id, coalesce(t.node::text, 'run'), t.type, CASE WHEN t.type = 'RUNNING' THEN t.attempt END), now()
    FROM told t JOIN run r ON r.id = t.run_id AND r.trigger <> 'ask'
    -- A run begins before its nodes and ends after them, also where one commit tells of both.
    ORDER BY t.xid, CASE WHEN t.node IS NOT NULL THEN 1 WHEN t.type = 'START' THEN 0 ELSE 2 END, t.id, t.place, t.step
    ON CONFLICT DO NOTHING
    RETURNING id, project_id, run_id
  )
  INSERT INTO delivery (outbox_id, project_id, channel_id, lane)
  SELECT n.id, n.project_id, c.id, n.run_id FROM noted n
  JOIN channel c ON c.project_id = n.project_id AND c.kind = 'openlineage' AND c.enabled ORDER BY n.id;
  UPDATE lineage_place SET xid = seen.xid, event_id = seen.id;
  RETURN seen.count;
END $$;
