-- The outbox: what the world outside is to hear of is written down by the transaction that makes it true, and sent later by
-- whoever looks. Nothing here waits for anybody: the end of a run only adds a row, and only where a rule asks for such news.
CREATE FUNCTION drawloom.note_run_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM drawloom.notification_rule r WHERE r.project_id = NEW.project_id AND r.enabled) THEN RETURN NULL; END IF;
  -- A success is news after a failure; one that is noted and not sorted yet is not in failing_pipeline.
  IF NEW.status = 'failed'
    OR EXISTS (SELECT FROM drawloom.failing_pipeline f WHERE f.pipeline_id = NEW.pipeline_id)
    OR EXISTS (SELECT FROM drawloom.outbox o WHERE o.sorted_at IS NULL AND o.pipeline_id = NEW.pipeline_id)
  THEN
    INSERT INTO drawloom.outbox (project_id, kind, pipeline_id, run_id)
    VALUES (NEW.project_id, CASE WHEN NEW.status = 'failed' THEN 'failed' ELSE 'recovered' END, NEW.pipeline_id, NEW.id);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER note_run_ended AFTER UPDATE OF status ON drawloom.run FOR EACH ROW
WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL AND NEW.status IN ('failed', 'succeeded') AND NEW.parent_run IS NULL -- a child is its parent's business
  AND NEW.trigger <> 'ask') -- and an ask is its trigger's
EXECUTE FUNCTION drawloom.note_run_ended();

-- A time of a schedule that no run came of.
CREATE FUNCTION drawloom.note_fire_failed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO drawloom.outbox (project_id, kind, pipeline_id, details, dedupe_key)
  SELECT s.project_id, 'missing', s.pipeline_id, jsonb_build_object('trigger', s.id, 'nominalAt', NEW.nominal_at, 'problems', NEW.problems),
    format('missing %s %s', s.id, extract(epoch FROM NEW.nominal_at))
  FROM drawloom.trigger s
  WHERE s.id = NEW.trigger_id AND EXISTS (SELECT FROM drawloom.notification_rule r WHERE r.project_id = s.project_id AND r.enabled)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER note_fire_failed AFTER UPDATE OF problems ON drawloom.fire FOR EACH ROW
WHEN (NEW.problems IS NOT NULL AND NEW.run_id IS NULL)
EXECUTE FUNCTION drawloom.note_fire_failed();

-- What nobody's transaction makes true, because nothing happened: a run of a schedule that is not over in the time its rule gives,
-- and a start that was due ten minutes ago without a run. Looks one day back. Returns how much was noted.
CREATE FUNCTION drawloom.note_late() RETURNS int LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  late int;
  missing int;
BEGIN
  INSERT INTO outbox (project_id, kind, pipeline_id, run_id, rule_id, details, dedupe_key)
  SELECT r.project_id, 'late', s.pipeline_id, n.id, r.id,
    jsonb_build_object('trigger', s.id, 'nominalAt', f.nominal_at, 'lateAfterMs', r.late_after_ms),
    format('late %s %s %s', r.id, s.id, extract(epoch FROM f.nominal_at))
  FROM notification_rule r
  JOIN channel c ON c.id = r.channel_id AND c.enabled
  JOIN trigger s ON s.project_id = r.project_id AND (r.pipelines IS NULL OR s.pipeline_id = ANY (r.pipelines))
  JOIN fire f ON f.trigger_id = s.id AND f.nominal_at > greatest(r.created_at, now() - interval '1 day')
    AND f.nominal_at < now() - r.late_after_ms * interval '1 millisecond'
  JOIN run n ON n.id = f.run_id AND (n.finished_at IS NULL OR n.finished_at > f.nominal_at + r.late_after_ms * interval '1 millisecond')
  WHERE r.enabled AND 'late' = ANY (r.news)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS late = ROW_COUNT;
  INSERT INTO outbox (project_id, kind, pipeline_id, details, dedupe_key)
  SELECT DISTINCT s.project_id, 'missing', s.pipeline_id, jsonb_build_object('trigger', s.id, 'nominalAt', f.nominal_at, 'problems', f.problems),
    format('missing %s %s', s.id, extract(epoch FROM f.nominal_at))
  FROM notification_rule r
  JOIN trigger s ON s.project_id = r.project_id
  JOIN fire f ON f.trigger_id = s.id AND f.nominal_at > greatest(r.created_at, now() - interval '1 day')
    AND f.due_at < now() - interval '10 minutes' AND f.run_id IS NULL
    AND f.state NOT IN ('skipped', 'buffered', 'failed') -- passed over, or waiting, as its trigger was told to
  WHERE r.enabled AND 'missing' = ANY (r.news)
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS missing = ROW_COUNT;
  RETURN late + missing;
END $$;

-- Decides whom the news concern, in their order, one sorter at a time. A failure after a failure is no news; a success is, after one.
CREATE FUNCTION drawloom.sort_outbox() RETURNS int LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  one record;
  news boolean;
  sorted int := 0;
BEGIN
  IF NOT EXISTS (SELECT FROM outbox WHERE sorted_at IS NULL) OR NOT pg_try_advisory_xact_lock(outbox_lock()) THEN RETURN 0; END IF;
  FOR one IN SELECT * FROM outbox WHERE sorted_at IS NULL ORDER BY id LIMIT 500 LOOP
    news := true;
    IF one.kind = 'failed' THEN
      INSERT INTO failing_pipeline (pipeline_id, since_run) VALUES (one.pipeline_id, one.run_id) ON CONFLICT DO NOTHING;
      news := FOUND;
    ELSIF one.kind = 'recovered' THEN
      DELETE FROM failing_pipeline WHERE pipeline_id = one.pipeline_id;
      news := FOUND;
    END IF;
    IF news THEN
      INSERT INTO delivery (outbox_id, project_id, channel_id)
      SELECT DISTINCT one.id, one.project_id, r.channel_id
      FROM notification_rule r JOIN channel c ON c.id = r.channel_id AND c.enabled
      WHERE r.project_id = one.project_id AND r.enabled AND one.kind = ANY (r.news)
        AND (r.pipelines IS NULL OR one.pipeline_id = ANY (r.pipelines)) AND (one.rule_id IS NULL OR r.id = one.rule_id)
      ON CONFLICT DO NOTHING;
    END IF;
    UPDATE outbox SET sorted_at = now() WHERE id = one.id;
    sorted := sorted + 1;
  END LOOP;
  RETURN sorted;
END $$;
