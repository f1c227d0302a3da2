-- What pipelines did, in the memory of all experiments. Nothing of it is written while runs are worked off: an experiment catches up
-- with its pipeline when somebody looks at it. What is over and in the tables is settled and costs nothing from then on.

-- Every pipeline has an experiment from its first moment on, which goes by its name as far as that is free.
CREATE FUNCTION drawloom.follow_pipeline() RETURNS trigger
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  wanted text := CASE WHEN NEW.archived_at IS NULL THEN NEW.name ELSE NEW.name || ' (archived ' || left(NEW.id::text, 8) || ')' END;
BEGIN
  IF EXISTS (SELECT FROM experiment e WHERE e.project_id = NEW.project_id AND e.name = wanted AND e.pipeline_id IS DISTINCT FROM NEW.id) THEN
    wanted := wanted || ' (pipeline ' || left(NEW.id::text, 8) || ')';
  END IF;
  INSERT INTO experiment (project_id, name, pipeline_id) VALUES (NEW.project_id, wanted, NEW.id)
  ON CONFLICT (pipeline_id) WHERE pipeline_id IS NOT NULL DO UPDATE SET name = excluded.name, updated_at = now();
  RETURN NULL;
END $$;

CREATE TRIGGER follow_pipeline AFTER INSERT OR UPDATE OF name, archived_at ON drawloom.pipeline
FOR EACH ROW WHEN (NEW.sensor_of IS NULL) EXECUTE FUNCTION drawloom.follow_pipeline();

-- The name outside of a pipeline's run (node is null) and of its node runs: a rule, so that nothing has to be kept to find one by it.
CREATE FUNCTION drawloom.tracked_name(run bigint, node int, map_index int) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT 'd1' || lpad(to_hex(run), 14, '0') || lpad(to_hex(coalesce(node + 1, 0)), 8, '0') || lpad(to_hex(coalesce(map_index, 0)), 8, '0')
$$;

-- One entry of JSON as a parameter has it.
CREATE FUNCTION drawloom.as_parameter(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
  SELECT left(CASE jsonb_typeof(value) WHEN 'string' THEN value #>> '{}' ELSE value::text END, 6000)
$$;

-- Where a number of a run stands: with the attempt that counts, which for work that was taken over is that of an earlier run. A pipeline's
-- run has the numbers of its nodes, as `node/name`. `run` is null when it came from outside.
CREATE FUNCTION drawloom.metric_source(tracked bigint, key text, OUT run bigint, OUT node int, OUT map_index int, OUT attempt int, OUT name text)
LANGUAGE plpgsql STABLE
SET search_path = drawloom, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM tracked_metric m WHERE m.tracked_id = tracked AND m.key = metric_source.key) THEN RETURN; END IF;
  SELECT coalesce(n.reused_from_run, n.run_id), coalesce(n.reused_from_node, n.node), coalesce(n.reused_from_map_index, n.map_index),
    coalesce(o.attempt, n.attempt), CASE WHEN t.node IS NULL THEN substr(metric_source.key, length(p.node_id) + 2) ELSE metric_source.key END
  INTO run, node, map_index, attempt, name
  FROM tracked_run t
  JOIN run r ON r.id = t.run_id
  JOIN plan_node p ON p.plan_id = r.plan_id
    AND CASE WHEN t.node IS NULL THEN starts_with(metric_source.key, p.node_id || '/') ELSE p.node = t.node END
  JOIN node_run n ON n.run_id = r.id AND n.node = p.node AND n.map_index = coalesce(t.map_index, 0)
  LEFT JOIN node_run o ON o.run_id = n.reused_from_run AND o.node = n.reused_from_node AND o.map_index = coalesce(n.reused_from_map_index, 0)
  WHERE t.id = tracked
  LIMIT 1;
END $$;

-- The last number of each name that an attempt told. The names are looked up one after the other, so that a million points cost nothing.
CREATE FUNCTION drawloom.latest_of(of_run bigint, of_node int, of_map_index int, of_attempt int)
RETURNS TABLE (key text, step bigint, at_ms bigint, value float8)
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  WITH RECURSIVE names AS (
    (SELECT m.key FROM metric m WHERE m.run_id = of_run AND m.node = of_node AND m.map_index = of_map_index AND m.attempt = of_attempt ORDER BY m.key LIMIT 1)
    UNION ALL
    SELECT (SELECT m.key FROM metric m WHERE m.run_id = of_run AND m.node = of_node AND m.map_index = of_map_index AND m.attempt = of_attempt
      AND m.key > n.key ORDER BY m.key LIMIT 1) FROM names n WHERE n.key IS NOT NULL
  )
  -- What is no number stays that; SQL takes it for the greatest of all.
  SELECT n.key, l.step, (extract(epoch FROM l.at) * 1000)::bigint,
    CASE WHEN l.value = 'NaN' THEN l.value ELSE greatest(least(l.value, 1.7976931348623157e308), -1.7976931348623157e308) END
  FROM names n CROSS JOIN LATERAL (
    SELECT m.step, m.at, m.value FROM metric m WHERE m.run_id = of_run AND m.node = of_node AND m.map_index = of_map_index AND m.attempt = of_attempt
      AND m.key = n.key ORDER BY m.step DESC, m.at DESC LIMIT 1
  ) l WHERE n.key IS NOT NULL
$$;

-- Brings the experiment of a pipeline up to date with at most so many runs, newest first. Returns whether there are more.
CREATE FUNCTION drawloom.catch_up(which bigint, at_most int) RETURNS boolean
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  of_pipeline uuid;
  through bigint;
  due bigint[];
BEGIN
  SELECT e.pipeline_id, e.tracked_through INTO of_pipeline, through FROM experiment e WHERE e.id = which;
  IF of_pipeline IS NULL THEN RETURN false; END IF;
  IF NOT EXISTS (SELECT FROM run r WHERE r.pipeline_id = of_pipeline AND r.id > through) THEN RETURN false; END IF;
  -- Two that look at once: the second sees what the first wrote.
  SELECT e.tracked_through INTO through FROM experiment e WHERE e.id = which FOR NO KEY UPDATE;
  due := ARRAY(
    SELECT r.id FROM run r
    LEFT JOIN tracked_run t ON t.run_id = r.id AND t.node IS NULL
    WHERE r.pipeline_id = of_pipeline AND r.id > through AND r.leaving_at IS NULL AND (t.id IS NULL OR NOT t.settled)
    ORDER BY r.id DESC LIMIT at_most + 1);
  IF cardinality(due) > 0 THEN PERFORM track_runs(which, due[:at_most]); END IF;
  -- A run that began an hour ago is in the database; so whatever is below and over was seen.
  IF cardinality(due) <= at_most THEN
    UPDATE experiment e SET tracked_through = n.through FROM (
      SELECT coalesce(
        (SELECT min(r.id) - 1 FROM run r WHERE r.pipeline_id = of_pipeline AND r.id > through
          AND (r.finished_at IS NULL OR r.finished_at > now() - interval '1 hour')),
        (SELECT max(r.id) FROM run r WHERE r.pipeline_id = of_pipeline)) AS through
    ) n WHERE e.id = which AND n.through > e.tracked_through;
  END IF;
  RETURN cardinality(due) > at_most;
END $$;

-- Writes what is known of runs of a pipeline and of the node runs in them that began.
CREATE FUNCTION drawloom.track_runs(which bigint, runs bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
BEGIN
  IF to_regclass('pg_temp.tracking_now') IS NULL THEN
    CREATE TEMPORARY TABLE tracking_now (
      run_id bigint, node int, map_index int, uuid text, parent text, name text, by text, status text, start_ms bigint, end_ms bigint, settled boolean,
      node_id text, parameters jsonb, tags jsonb, source_run bigint, source_node int, source_map_index int, source_attempt int, attempt int, tracked_id bigint
    ) ON COMMIT DELETE ROWS;
  END IF;
  DELETE FROM pg_temp.tracking_now;
  INSERT INTO pg_temp.tracking_now
  SELECT r.id, NULL, NULL, tracked_name(r.id, NULL, NULL),
    CASE WHEN r.parent_run IS NOT NULL THEN tracked_name(r.parent_run, r.parent_node, r.parent_map_index) END,
    l.name || ' ' || r.id, coalesce(w.name, r.created_by, 'unknown'),
    CASE r.status WHEN 'queued' THEN 'SCHEDULED' WHEN 'succeeded' THEN 'FINISHED' WHEN 'failed' THEN 'FAILED' WHEN 'cancelled' THEN 'KILLED' ELSE 'RUNNING' END,
    (extract(epoch FROM r.created_at) * 1000)::bigint, (extract(epoch FROM r.finished_at) * 1000)::bigint, r.finished_at IS NOT NULL,
    NULL, r.parameters,
    jsonb_build_object('mlflow.source.type', 'PROJECT', 'mlflow.source.name', l.name, 'drawloom.run', r.id::text, 'drawloom.pipeline', l.id::text,
      'drawloom.version', v.number::text, 'drawloom.trigger', r.trigger)
  FROM unnest(runs) u (id)
  JOIN run r ON r.id = u.id
  JOIN pipeline l ON l.id = r.pipeline_id
  JOIN pipeline_version v ON v.id = r.pipeline_version_id
  LEFT JOIN person w ON w.id::text = r.created_by
  WHERE r.leaving_at IS NULL;
  INSERT INTO pg_temp.tracking_now
  SELECT n.run_id, n.node, n.map_index, tracked_name(n.run_id, n.node, n.map_index),
    CASE WHEN n.map_index = 0 THEN t.uuid ELSE tracked_name(n.run_id, n.node, 0) END,
    p.name || CASE WHEN n.map_index = 0 THEN '' ELSE ' ' || n.map_index END, t.by,
    CASE n.status WHEN 'running' THEN 'RUNNING' WHEN 'succeeded' THEN 'FINISHED' WHEN 'reused' THEN 'FINISHED' WHEN 'failed' THEN 'FAILED'
      WHEN 'cancelled' THEN 'KILLED' WHEN 'skipped' THEN 'KILLED' ELSE 'SCHEDULED' END,
    (extract(epoch FROM coalesce(n.started_at, n.finished_at)) * 1000)::bigint, (extract(epoch FROM n.finished_at) * 1000)::bigint, true,
    p.node_id, CASE jsonb_typeof(p.parameters) WHEN 'object' THEN p.parameters END,
    jsonb_strip_nulls(jsonb_build_object('mlflow.source.type', 'JOB', 'mlflow.source.name', p.type, 'drawloom.run', n.run_id::text, 'drawloom.node', p.node_id,
      'drawloom.environment', p.environment,
      'drawloom.reusedFrom', CASE WHEN n.reused_from_run IS NOT NULL THEN tracked_name(n.reused_from_run, n.reused_from_node, coalesce(n.reused_from_map_index, 0)) END)),
    coalesce(n.reused_from_run, n.run_id), coalesce(n.reused_from_node, n.node), coalesce(n.reused_from_map_index, n.map_index),
    coalesce(o.attempt, n.attempt), n.attempt
  FROM pg_temp.tracking_now t
  JOIN run r ON r.id = t.run_id
  JOIN node_run n ON n.run_id = r.id
  JOIN plan_node p ON p.plan_id = r.plan_id AND p.node = n.node
  LEFT JOIN node_run o ON o.run_id = n.reused_from_run AND o.node = n.reused_from_node AND o.map_index = coalesce(n.reused_from_map_index, 0)
  WHERE coalesce(n.started_at, n.finished_at) IS NOT NULL AND n.status <> 'skipped'
    -- Of the items of a map, those that told something.
    AND (n.map_index = 0 OR EXISTS (SELECT FROM metric m WHERE m.run_id = n.run_id AND m.node = n.node AND m.map_index = n.map_index)
      OR EXISTS (SELECT FROM tracked_run k WHERE k.uuid = tracked_name(n.run_id, n.node, n.map_index)));

  -- What people changed since (the name, the trash) stays; so does the time of the start, which everything is sorted by.
  INSERT INTO tracked_run AS t (uuid, experiment_id, name, user_id, status, start_ms, end_ms, run_id, node, map_index, settled)
  SELECT c.uuid, which, c.name, c.by, c.status, c.start_ms, c.end_ms, c.run_id, c.node, c.map_index, c.settled
  FROM pg_temp.tracking_now c ORDER BY c.run_id, c.node NULLS FIRST, c.map_index
  ON CONFLICT (uuid) DO UPDATE SET status = excluded.status, end_ms = excluded.end_ms, settled = excluded.settled
    WHERE (t.status, t.end_ms, t.settled) IS DISTINCT FROM (excluded.status, excluded.end_ms, excluded.settled);
  UPDATE pg_temp.tracking_now c SET tracked_id = t.id, start_ms = t.start_ms, name = t.name FROM tracked_run t WHERE t.uuid = c.uuid;

  INSERT INTO tracked_tag (tracked_id, key, value, experiment_id, start_ms)
  SELECT c.tracked_id, g.key, g.value, which, c.start_ms
  FROM pg_temp.tracking_now c, jsonb_each_text(c.tags || jsonb_strip_nulls(jsonb_build_object(
    'mlflow.runName', c.name, 'mlflow.user', c.by, 'mlflow.parentRunId', c.parent))) g
  ON CONFLICT DO NOTHING;
  -- A pipeline's run also has the parameters of its nodes, so that two runs can be told apart by them.
  INSERT INTO tracked_parameter (tracked_id, key, value, experiment_id, start_ms)
  SELECT c.tracked_id, left(g.key, 250), as_parameter(g.value), which, c.start_ms
  FROM pg_temp.tracking_now c, jsonb_each(c.parameters) g WHERE jsonb_typeof(g.value) <> 'null'
  UNION ALL
  SELECT q.tracked_id, left(c.node_id || '/' || g.key, 250), as_parameter(g.value), which, q.start_ms
  FROM pg_temp.tracking_now c
  JOIN pg_temp.tracking_now q ON q.run_id = c.run_id AND q.node IS NULL,
  jsonb_each(c.parameters) g WHERE c.map_index = 0 AND jsonb_typeof(g.value) <> 'null'
  ON CONFLICT DO NOTHING;
  WITH told AS MATERIALIZED (
    SELECT c.run_id, c.map_index, c.node_id, c.tracked_id, c.start_ms, l.*
    FROM pg_temp.tracking_now c, latest_of(c.source_run, c.source_node, c.source_map_index, c.source_attempt) l WHERE c.node IS NOT NULL
  )
  INSERT INTO tracked_latest AS l (tracked_id, key, step, at_ms, value, experiment_id, start_ms)
  SELECT t.tracked_id, t.key, t.step, t.at_ms, t.value, which, t.start_ms FROM told t
  UNION ALL
  SELECT q.tracked_id, left(t.node_id || '/' || t.key, 250), t.step, t.at_ms, t.value, which, q.start_ms
  FROM told t JOIN pg_temp.tracking_now q ON q.run_id = t.run_id AND q.node IS NULL WHERE t.map_index = 0
  ON CONFLICT (tracked_id, key) DO UPDATE SET step = excluded.step, at_ms = excluded.at_ms, value = excluded.value
    WHERE (l.step, l.at_ms, l.value) IS DISTINCT FROM (excluded.step, excluded.at_ms, excluded.value);

  -- The tables that node runs read are their data sets.
  WITH read AS MATERIALIZED (
    SELECT c.tracked_id, u.port, a.sha256, min(a.row_count) AS row_count, min(a.columns::text)::jsonb AS columns
    FROM pg_temp.tracking_now c
    JOIN artifact_use u ON u.run_id = c.run_id AND u.node = c.node AND u.map_index = c.map_index AND u.attempt = c.attempt AND u.direction = 'in'
    JOIN artifact a ON a.id = u.artifact_id AND a.kind = 'table'
    GROUP BY c.tracked_id, u.port, a.sha256
  ), made AS (
    INSERT INTO dataset AS d (experiment_id, name, digest, source_type, source, schema, profile)
    SELECT DISTINCT ON (r.port, r.sha256) which, r.port, left(r.sha256, 36), 'drawloom', jsonb_build_object('sha256', r.sha256)::text, NULL,
      jsonb_build_object('num_rows', r.row_count)::text
    FROM read r
    ON CONFLICT (experiment_id, name, digest) DO UPDATE SET source = d.source
    RETURNING id, name, digest
  )
  INSERT INTO tracked_input (tracked_id, dataset_id, tags)
  SELECT r.tracked_id, m.id, '{}' FROM read r JOIN made m ON m.name = r.port AND m.digest = left(r.sha256, 36) ORDER BY r.tracked_id, m.id
  ON CONFLICT DO NOTHING;
END $$;

-- The same for one run, whoever asks for it or for one of its node runs by its name outside.
CREATE FUNCTION drawloom.catch_up_run(project uuid, which bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  home bigint;
BEGIN
  SELECT e.id INTO home FROM run r JOIN experiment e ON e.pipeline_id = r.pipeline_id
  WHERE r.id = which AND r.project_id = project AND r.leaving_at IS NULL
    AND NOT EXISTS (SELECT FROM tracked_run t WHERE t.run_id = r.id AND t.node IS NULL AND t.settled);
  IF FOUND THEN PERFORM track_runs(home, ARRAY[which]); END IF;
END $$;

-- Puts one item of a map into the memory, which is about to tell something there. The rest of it comes with the next look.
CREATE FUNCTION drawloom.track_item(of_run bigint, of_node int, of_map_index int) RETURNS void
LANGUAGE sql
SET search_path = drawloom, pg_temp
AS $$
  INSERT INTO tracked_run (uuid, experiment_id, name, user_id, status, start_ms, run_id, node, map_index, settled)
  SELECT tracked_name(of_run, of_node, of_map_index), t.experiment_id, p.name || ' ' || of_map_index, t.user_id, 'RUNNING',
    (extract(epoch FROM n.started_at) * 1000)::bigint, of_run, of_node, of_map_index, true
  FROM tracked_run t
  JOIN run r ON r.id = of_run
  JOIN plan_node p ON p.plan_id = r.plan_id AND p.node = of_node
  JOIN node_run n ON n.run_id = of_run AND n.node = of_node AND n.map_index = of_map_index
  WHERE t.uuid = tracked_name(of_run, NULL, NULL)
  ON CONFLICT (uuid) DO NOTHING
$$;

-- Takes runs that are forgotten out of the memory, with all that was said of them there.
CREATE FUNCTION drawloom.untrack(runs bigint[]) RETURNS void
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  gone bigint[];
  models bigint[];
BEGIN
  WITH left_out AS (DELETE FROM tracked_run t WHERE t.run_id = ANY (runs) RETURNING t.id) SELECT array_agg(l.id) INTO gone FROM left_out l;
  DELETE FROM tracked_parameter WHERE tracked_id = ANY (gone);
  DELETE FROM tracked_tag WHERE tracked_id = ANY (gone);
  DELETE FROM tracked_latest WHERE tracked_id = ANY (gone);
  DELETE FROM tracked_metric WHERE tracked_id = ANY (gone);
  DELETE FROM tracked_input WHERE tracked_id = ANY (gone);
  -- With what the nodes logged as files and models; a version that was registered of one has files of its own.
  WITH left_out AS (DELETE FROM logged_model m WHERE m.source_run_id = ANY (gone) RETURNING m.id) SELECT array_agg(m.id) INTO models FROM left_out m;
  DELETE FROM logged_model_parameter WHERE model_id = ANY (models);
  DELETE FROM logged_model_tag WHERE model_id = ANY (models);
  DELETE FROM logged_model_metric WHERE model_id = ANY (models);
  DELETE FROM tracked_model WHERE model_id = ANY (models) OR tracked_id = ANY (gone);
  DELETE FROM tracked_file f WHERE f.of = 'model' AND f.owner_id = ANY (models);
  DELETE FROM tracked_file f WHERE f.of = 'run' AND f.owner_id = ANY (gone);
END $$;
