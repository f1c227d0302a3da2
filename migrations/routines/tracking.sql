-- Takes in what a run tells: numbers, parameters, tags, all or nothing, in one round trip. A parameter is written once; `clash` names
-- one that has another value already, and then nothing is written. `known` is false when the project has no such run.
CREATE FUNCTION drawloom.log_tracked(
  project uuid, outside text, metrics jsonb, parameters jsonb, tags jsonb,
  OUT known boolean, OUT experiment bigint, OUT deleted boolean, OUT clash text, OUT clash_value text
)
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  subject bigint;
  begun bigint;
BEGIN
  SELECT r.id, r.experiment_id, r.start_ms, r.deleted_at IS NOT NULL INTO subject, experiment, begun, deleted
    FROM tracked_run r JOIN experiment e ON e.id = r.experiment_id WHERE r.uuid = outside AND e.project_id = project;
  known := FOUND;
  IF NOT known OR deleted THEN RETURN; END IF;

  IF parameters IS NOT NULL THEN
    -- Whoever writes the same at the same time is waited for here, and seen below.
    INSERT INTO tracked_parameter (tracked_id, key, value, experiment_id, start_ms)
      SELECT subject, p.key, p.value, experiment, begun FROM jsonb_to_recordset(parameters) AS p (key text, value text) ORDER BY p.key
      ON CONFLICT DO NOTHING;
    SELECT t.key, t.value INTO clash, clash_value
      FROM jsonb_to_recordset(parameters) AS p (key text, value text)
      JOIN tracked_parameter t ON t.tracked_id = subject AND t.key = p.key WHERE t.value <> p.value ORDER BY t.key LIMIT 1;
    IF clash IS NOT NULL THEN RAISE EXCEPTION USING ERRCODE = 'DL001', MESSAGE = clash, DETAIL = clash_value; END IF;
  END IF;

  IF metrics IS NOT NULL THEN
    INSERT INTO tracked_metric (tracked_id, key, step, at_ms, value)
      SELECT subject, m.key, m.step, m.at, m.value::float8
      FROM jsonb_to_recordset(metrics) AS m (key text, step bigint, at bigint, value text)
      ON CONFLICT DO NOTHING;
    INSERT INTO tracked_latest AS l (tracked_id, key, experiment_id, start_ms, step, at_ms, value)
      SELECT DISTINCT ON (m.key) subject, m.key, experiment, begun, m.step, m.at, m.value::float8
      FROM jsonb_to_recordset(metrics) AS m (key text, step bigint, at bigint, value text)
      ORDER BY m.key, m.step DESC, m.at DESC, m.value::float8 DESC
      ON CONFLICT (tracked_id, key) DO UPDATE SET step = excluded.step, at_ms = excluded.at_ms, value = excluded.value
        WHERE (excluded.step, excluded.at_ms, excluded.value) > (l.step, l.at_ms, l.value);
  END IF;

  IF tags IS NOT NULL THEN
    INSERT INTO tracked_tag (tracked_id, key, value, experiment_id, start_ms)
      SELECT DISTINCT ON (t.key) subject, t.key, t.value, experiment, begun
      FROM jsonb_array_elements(tags) WITH ORDINALITY AS e (item, place), jsonb_to_record(e.item) AS t (key text, value text)
      ORDER BY t.key, e.place DESC
      ON CONFLICT (tracked_id, key) DO UPDATE SET value = excluded.value;
    UPDATE tracked_run r SET name = t.value
      FROM jsonb_to_recordset(tags) AS t (key text, value text) WHERE r.id = subject AND t.key = 'mlflow.runName' AND t.value <> '';
  END IF;
END $$;
