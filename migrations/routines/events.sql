-- Tells what changed, one row per run: written in columns, for a busy house tells thousands of changes a second, and few of them
-- are ever looked at, at most a thousand changes in each. `drawloom.house_event` shows them as the events they are. Returns how many runs
-- it told of as a whole.
CREATE FUNCTION drawloom.tell(touched drawloom.node_change[], runs bigint[]) RETURNS int
LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(touched) > 0 THEN
    INSERT INTO event (project_id, run_id, plan_id, nodes, map_indexes, statuses, attempts, reasons)
    SELECT r.project_id, c.run_id, r.plan_id, c.nodes, c.map_indexes, c.statuses, c.attempts, c.reasons
    FROM (
      SELECT t.run_id, (t.place - 1) / 1000, array_agg(t.node ORDER BY t.place) AS nodes, array_agg(t.map_index ORDER BY t.place) AS map_indexes,
        array_agg(t.status ORDER BY t.place) AS statuses, array_agg(t.attempt ORDER BY t.place) AS attempts, array_agg(t.reason ORDER BY t.place) AS reasons
      FROM unnest(touched) WITH ORDINALITY t (run_id, node, map_index, status, attempt, reason, cause, place)
      GROUP BY 1, 2
    ) c
    JOIN run r ON r.id = c.run_id;
  END IF;
  IF cardinality(runs) > 0 THEN
    INSERT INTO event (project_id, run_id, payload)
    SELECT r.project_id, r.id, jsonb_build_object('kind', 'run', 'run', r.id, 'status', r.status,
      'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    FROM run r WHERE r.id = ANY (ARRAY(SELECT DISTINCT s.id FROM unnest(runs) s (id))) ORDER BY r.id;
  END IF;
  RETURN cardinality(runs);
END $$;

-- Events as readers know them. A node told twice in one row is told in order, the last word last.
CREATE VIEW drawloom.house_event AS
  SELECT e.id, e.xid, e.project_id, e.run_id, e.at, coalesce(e.payload, (
    SELECT jsonb_build_object('kind', 'nodes', 'run', e.run_id, 'changes', jsonb_agg(jsonb_build_object(
      'node', p.node_id, 'mapIndex', c.map_index, 'status', c.status, 'attempt', c.attempt, 'reason', c.reason,
      'at', to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) ORDER BY c.place))
    FROM unnest(e.nodes, e.map_indexes, e.statuses, e.attempts, e.reasons) WITH ORDINALITY c (node, map_index, status, attempt, reason, place)
    JOIN drawloom.plan_node p ON p.plan_id = e.plan_id AND p.node = c.node
  )) AS payload
  FROM drawloom.event e;
