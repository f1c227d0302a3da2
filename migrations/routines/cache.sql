-- Settles the cache keys of attempts that just ended: what succeeded may be reused from now on, and whoever waited for one of
-- these keys goes on, however its filler ended.
CREATE FUNCTION drawloom.settle_cache(accepted drawloom.node_change[], OUT queued drawloom.node_change[])
LANGUAGE plpgsql AS $$
DECLARE
  projects uuid[];
  keys text[];
BEGIN
  SELECT array_agg(project_id), array_agg(cache_key) INTO projects, keys FROM (
    SELECT DISTINCT r.project_id, n.cache_key
    FROM unnest(accepted) a
    JOIN node_run n ON n.run_id = a.run_id AND n.node = a.node AND n.map_index = a.map_index
    JOIN run r ON r.id = n.run_id
    JOIN plan_node p ON p.plan_id = r.plan_id AND p.node = n.node
    WHERE n.cache_key IS NOT NULL AND p.reuse
  ) keyed;
  queued := '{}';
  IF keys IS NULL THEN RETURN; END IF;

  PERFORM pg_advisory_xact_lock(l.lock) FROM (
    SELECT DISTINCT cache_lock(k.project, k.key) AS lock FROM unnest(projects, keys) k (project, key) ORDER BY 1
  ) l;

  INSERT INTO cache_entry (project_id, key, state, fence, run_id, node, map_index, attempt)
  SELECT DISTINCT ON (r.project_id, n.cache_key) r.project_id, n.cache_key, 'ready', n.fence, n.run_id, n.node, n.map_index, n.attempt
  FROM unnest(accepted) a
  JOIN node_run n ON n.run_id = a.run_id AND n.node = a.node AND n.map_index = a.map_index
  JOIN run r ON r.id = n.run_id
  JOIN plan_node p ON p.plan_id = r.plan_id AND p.node = n.node
  WHERE n.status = 'succeeded' AND n.cache_key IS NOT NULL AND p.reuse
  ORDER BY r.project_id, n.cache_key, n.fence DESC
  ON CONFLICT (project_id, key) DO UPDATE SET state = 'ready', fence = excluded.fence, run_id = excluded.run_id,
    node = excluded.node, map_index = excluded.map_index, attempt = excluded.attempt, last_used_at = now();

  UPDATE cache_entry e SET hits = e.hits + u.hits, last_used_at = now()
  FROM (
    SELECT r.project_id, n.cache_key, count(*) AS hits
    FROM unnest(accepted) a
    JOIN node_run n ON n.run_id = a.run_id AND n.node = a.node AND n.map_index = a.map_index
    JOIN run r ON r.id = n.run_id
    WHERE n.status = 'reused' GROUP BY 1, 2
  ) u
  WHERE e.project_id = u.project_id AND e.key = u.cache_key AND e.state = 'ready';

  DELETE FROM cache_entry e USING unnest(accepted) a
  JOIN node_run n ON n.run_id = a.run_id AND n.node = a.node AND n.map_index = a.map_index
  JOIN run r ON r.id = n.run_id
  WHERE e.project_id = r.project_id AND e.key = n.cache_key AND e.state = 'filling' AND e.fence = n.fence
    AND n.status <> 'succeeded';

  WITH freed AS (
    DELETE FROM cache_waiter w USING unnest(projects, keys) k (project, key)
    WHERE w.project_id = k.project AND w.key = k.key
      AND NOT EXISTS (SELECT FROM cache_entry e WHERE e.project_id = w.project_id AND e.key = w.key AND e.state = 'filling')
    RETURNING w.run_id, w.node, w.map_index
  ), moved AS (
    UPDATE node_run n SET status = 'queued', queued_at = now()
    FROM (SELECT n.place FROM freed f JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = f.run_id AND n.node = f.node AND n.map_index = f.map_index OFFSET 0) n ON true) f
    WHERE n.ctid = f.place AND n.status = 'waiting'
    RETURNING n.run_id, n.node, n.map_index, n.attempt, n.reason
  ), put AS (
    INSERT INTO ready (run_id, node, map_index, priority, lane)
    SELECT m.run_id, m.node, m.map_index, r.priority, r.lane FROM moved m JOIN run r ON r.id = m.run_id ORDER BY m.run_id, m.node
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'queued', m.attempt, m.reason, NULL)::node_change), '{}') INTO queued FROM moved m;
END $$;

CREATE FUNCTION drawloom.candidate_json(run bigint, node int, map_index int) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('run', n.run_id, 'node', n.node, 'mapIndex', n.map_index, 'nodeId', p.node_id, 'outputs', coalesce((
    SELECT jsonb_agg(drawloom.artifact_json(u.artifact_id, u.port, u.position) ORDER BY u.port, u.position)
    FROM drawloom.artifact_use u
    WHERE u.run_id = n.run_id AND u.node = n.node AND u.map_index = n.map_index AND u.attempt = n.attempt AND u.direction = 'out'), '[]'))
  FROM drawloom.node_run n
  JOIN drawloom.run r ON r.id = n.run_id
  JOIN drawloom.plan_node p ON p.plan_id = r.plan_id AND p.node = n.node
  WHERE n.run_id = candidate_json.run AND n.node = candidate_json.node AND n.map_index = candidate_json.map_index
$$;
