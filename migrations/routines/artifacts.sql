-- Records what good attempts made, and what those told as items that were parked for these or are still telling them. Bytes are in the store already; from here
-- on they are visible.
CREATE FUNCTION drawloom.record_outputs(accepted drawloom.node_change[], outputs jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF outputs IS NOT NULL THEN
    WITH made AS MATERIALIZED (
      SELECT r.project_id, n.attempt, o.*
      FROM jsonb_to_recordset(outputs) o (
        run bigint, node int, "mapIndex" int, fence bigint, port text, position int, kind text, sha256 text,
        "sizeBytes" bigint, "mediaType" text, columns jsonb, "rowCount" bigint, profile jsonb, facts jsonb, members jsonb)
      JOIN unnest(accepted) a ON a.run_id = o.run AND a.node = o.node AND a.map_index = o."mapIndex"
      JOIN node_run n ON n.run_id = a.run_id AND n.node = a.node AND n.map_index = a.map_index AND n.fence = o.fence
      JOIN run r ON r.id = n.run_id
      WHERE (n.status IN ('succeeded', 'reused') AND n.reused_from_run IS NULL) OR (n.status = 'waiting' AND n.reason = 'parked') OR n.status = 'running'
    ), stored AS (
      INSERT INTO blob (sha256, size_bytes)
      SELECT sha256, max(size_bytes) FROM (
        SELECT m.sha256, m."sizeBytes" AS size_bytes FROM made m WHERE m.members IS NULL
        UNION ALL
        SELECT f.sha256, f."sizeBytes" FROM made m, jsonb_to_recordset(m.members) f (sha256 text, "sizeBytes" bigint)
      ) b GROUP BY sha256 ORDER BY sha256
      ON CONFLICT DO NOTHING
    )
    INSERT INTO artifact (project_id, sha256, kind, media_type, size_bytes, columns, row_count, profile, facts)
    SELECT DISTINCT ON (m.project_id, m.sha256, m.kind) m.project_id, m.sha256, m.kind, m."mediaType", m."sizeBytes",
      m.columns, m."rowCount", m.profile, m.facts
    FROM made m ORDER BY m.project_id, m.sha256, m.kind
    ON CONFLICT DO NOTHING;
    -- A second statement, because the first does not see the rows that another tick put there before it.
    WITH made AS MATERIALIZED (
      SELECT a.id AS artifact_id, a.forgotten_at, n.run_id, n.node, n.map_index, n.attempt, CASE WHEN n.status IN ('waiting', 'running') THEN 'item' ELSE 'out' END AS direction, o.port, coalesce(o.position, 0) AS position, o.members, o."itemName" AS item_name
      FROM jsonb_to_recordset(outputs) o (
        run bigint, node int, "mapIndex" int, fence bigint, port text, position int, kind text, sha256 text, members jsonb, "itemName" text)
      JOIN unnest(accepted) k ON k.run_id = o.run AND k.node = o.node AND k.map_index = o."mapIndex"
      JOIN node_run n ON n.run_id = k.run_id AND n.node = k.node AND n.map_index = k.map_index AND n.fence = o.fence
      JOIN run r ON r.id = n.run_id
      JOIN LATERAL (SELECT a.id, a.forgotten_at FROM artifact a WHERE a.project_id = r.project_id AND a.sha256 = o.sha256 AND a.kind = o.kind OFFSET 0) a ON true
      WHERE (n.status IN ('succeeded', 'reused') AND n.reused_from_run IS NULL) OR (n.status = 'waiting' AND n.reason = 'parked') OR n.status = 'running'
    ), known AS MATERIALIZED (
      SELECT a.id FROM made m JOIN artifact a ON a.id = m.artifact_id WHERE m.forgotten_at IS NOT NULL ORDER BY a.id FOR NO KEY UPDATE OF a
    ), again AS ( -- what was forgotten and is made anew has its bytes again
      UPDATE artifact a SET forgotten_at = NULL FROM known k WHERE a.id = k.id
    ), listed AS (
      INSERT INTO artifact_member (artifact_id, path, sha256, size_bytes)
      SELECT DISTINCT m.artifact_id, f.path, f.sha256, f."sizeBytes"
      FROM made m, jsonb_to_recordset(m.members) f (path text, sha256 text, "sizeBytes" bigint)
      WHERE m.members IS NOT NULL ORDER BY 1, 2
      ON CONFLICT DO NOTHING
    )
    INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name)
    SELECT run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name FROM made
    ON CONFLICT DO NOTHING;
  END IF;

  -- A reused node run gives out what the earlier one gave.
  INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name)
  SELECT n.run_id, n.node, n.map_index, n.attempt, 'out', u.port, u.position, u.artifact_id, u.item_name
  FROM unnest(accepted) a
  JOIN node_run n ON n.run_id = a.run_id AND n.node = a.node AND n.map_index = a.map_index
  JOIN node_run source ON source.run_id = n.reused_from_run AND source.node = n.reused_from_node
    AND source.map_index = coalesce(n.reused_from_map_index, 0)
  JOIN artifact_use u ON u.run_id = source.run_id AND u.node = source.node AND u.map_index = source.map_index
    AND u.attempt = source.attempt AND u.direction = 'out'
  WHERE n.status = 'reused'
  ON CONFLICT DO NOTHING;
END $$;

-- The artifacts that arrive at a set of node runs, in the order of their ports; at an item of a map, in the place of the list, the
-- item. The one place that says what "inputs" are.
CREATE FUNCTION drawloom.arrivals(nodes drawloom.node_key[])
RETURNS TABLE (run_id bigint, node int, map_index int, port text, "position" int, artifact_id bigint, item_name text)
LANGUAGE sql STABLE AS $$
  SELECT k.run_id, k.node, k.map_index, i.port,
    (row_number() OVER (PARTITION BY k.run_id, k.node, k.map_index, i.port ORDER BY i.position, u.position) - 1)::int, u.artifact_id, u.item_name
  FROM unnest(nodes) k
  JOIN drawloom.run r ON r.id = k.run_id
  JOIN LATERAL (SELECT * FROM drawloom.plan_input i WHERE i.plan_id = r.plan_id AND i.node = k.node OFFSET 0) i ON true
  LEFT JOIN LATERAL (SELECT g.port FROM drawloom.map_group g WHERE k.map_index > 0 AND g.run_id = k.run_id AND g.node = k.node OFFSET 0) g ON true
  JOIN drawloom.node_run s ON s.run_id = k.run_id AND s.node = i.src AND s.map_index = 0
  JOIN LATERAL (
    SELECT * FROM drawloom.artifact_use u
    WHERE u.run_id = s.run_id AND u.node = s.node AND u.map_index = s.map_index AND u.attempt = s.attempt
      AND u.direction = 'out' AND u.port = i.src_port OFFSET 0
  ) u ON true
  WHERE i.port IS DISTINCT FROM g.port
  UNION ALL
  SELECT k.run_id, k.node, k.map_index, u.port, 0, u.artifact_id, NULL
  FROM unnest(nodes) k
  JOIN LATERAL (SELECT g.port, g.attempt FROM drawloom.map_group g WHERE k.map_index > 0 AND g.run_id = k.run_id AND g.node = k.node OFFSET 0) g ON true
  JOIN LATERAL (
    SELECT u.port, u.artifact_id FROM drawloom.artifact_use u
    WHERE u.run_id = k.run_id AND u.node = k.node AND u.map_index = 0 AND u.attempt = g.attempt AND u.direction = 'item' AND u.port = g.port
      AND u.position = k.map_index - 1 OFFSET 0
  ) u ON true
$$;

CREATE FUNCTION drawloom.artifact_json(artifact bigint, port text, "position" int) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('port', port, 'position', "position", 'kind', a.kind, 'sha256', a.sha256, 'mediaType', a.media_type,
      'sizeBytes', a.size_bytes, 'columns', a.columns, 'rowCount', a.row_count)
    || coalesce((
      SELECT jsonb_build_object('members', jsonb_agg(jsonb_build_object('path', m.path, 'sha256', m.sha256, 'sizeBytes', m.size_bytes) ORDER BY m.path))
      FROM drawloom.artifact_member m WHERE m.artifact_id = a.id HAVING count(*) > 0), '{}')
  FROM drawloom.artifact a WHERE a.id = artifact
$$;
