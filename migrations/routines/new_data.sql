-- What a run gave that data-aware triggers wait for, noted by the transaction that ends the run: each once, however late that run began
-- or ended, and none between two looks. Work that was taken over is no new version.
CREATE FUNCTION drawloom.note_new_data() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM drawloom.trigger t WHERE t.spec ->> 'kind' = 'data') THEN RETURN NULL; END IF;
  INSERT INTO drawloom.trigger_input (trigger_id, input, version, run_id, sha256, size_bytes)
  SELECT t.id, i.place - 1, format('run %s', NEW.id), NEW.id, g.sha256, g.size_bytes
  FROM drawloom.trigger t
  CROSS JOIN LATERAL jsonb_array_elements(t.spec -> 'inputs') WITH ORDINALITY i (value, place)
  JOIN LATERAL (SELECT p.node FROM drawloom.plan_node p WHERE p.plan_id = NEW.plan_id AND p.node_id = i.value ->> 'node' OFFSET 0) p ON true
  JOIN LATERAL (
    SELECT n.attempt FROM drawloom.node_run n WHERE n.run_id = NEW.id AND n.node = p.node AND n.map_index = 0 AND n.status = 'succeeded' OFFSET 0
  ) n ON true
  JOIN LATERAL (
    SELECT a.sha256, a.size_bytes FROM drawloom.artifact_use u JOIN drawloom.artifact a ON a.id = u.artifact_id
    WHERE u.run_id = NEW.id AND u.node = p.node AND u.map_index = 0 AND u.attempt = n.attempt AND u.direction = 'out' AND u.port = i.value ->> 'port'
    ORDER BY u.position LIMIT 1
  ) g ON true
  WHERE t.spec ->> 'kind' = 'data' AND t.enabled AND i.value ->> 'kind' = 'output' AND i.value ->> 'pipeline' = NEW.pipeline_id::text
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER note_new_data AFTER UPDATE OF status ON drawloom.run FOR EACH ROW
WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.status = 'succeeded' AND NEW.parent_run IS NULL)
EXECUTE FUNCTION drawloom.note_new_data();
