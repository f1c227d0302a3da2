-- Promotions: a version of a model gets an alias or a stage once somebody else approved it. What moves, moves in the transaction of that
-- answer (`approvals.sql`). The order of locks is that of everything about models: the model, its versions and aliases, the approval.

-- Holds what a promotion moves, and what it was compared with, until the answer to it is decided.
CREATE FUNCTION drawloom.hold_promotion(which bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  its_model bigint;
BEGIN
  SELECT v.model_id INTO its_model FROM model_promotion p JOIN model_version v ON v.id = p.version_id WHERE p.approval_id = which;
  PERFORM FROM registered_model m WHERE m.id = its_model FOR NO KEY UPDATE;
  PERFORM FROM model_version v WHERE v.id = (SELECT p.version_id FROM model_promotion p WHERE p.approval_id = which) FOR NO KEY UPDATE;
  PERFORM FROM model_alias a WHERE a.model_id = its_model ORDER BY a.alias FOR NO KEY UPDATE;
END $$;

-- Whether an alias that a gate compared with names another version by now, or none.
CREATE FUNCTION drawloom.is_stale_promotion(which bigint) RETURNS boolean
LANGUAGE sql
SET search_path = drawloom, pg_temp
AS $$
  SELECT EXISTS (
    SELECT FROM model_promotion p JOIN model_version v ON v.id = p.version_id, jsonb_array_elements(p.gates) g
    WHERE p.approval_id = which AND g.value ->> 'than' IS NOT NULL AND (g.value ->> 'version')::int IS DISTINCT FROM (
      SELECT w.version FROM model_alias a JOIN model_version w ON w.id = a.version_id
      WHERE a.model_id = v.model_id AND a.alias = g.value ->> 'than'))
$$;

-- Carries out what was approved. Whoever calls holds it.
CREATE FUNCTION drawloom.promote(which bigint) RETURNS void
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  one record;
BEGIN
  SELECT p.version_id, p.alias, p.stage, p.archive, v.model_id INTO STRICT one
  FROM model_promotion p JOIN model_version v ON v.id = p.version_id WHERE p.approval_id = which;
  IF one.alias IS NOT NULL THEN
    INSERT INTO model_alias (model_id, alias, version_id) VALUES (one.model_id, one.alias, one.version_id)
    ON CONFLICT (model_id, alias) DO UPDATE SET version_id = excluded.version_id;
  ELSE
    IF one.archive THEN
      UPDATE model_version v SET stage = 'Archived', updated_at = now()
      WHERE v.model_id = one.model_id AND v.stage = one.stage AND v.id <> one.version_id;
    END IF;
    UPDATE model_version v SET stage = one.stage, updated_at = now() WHERE v.id = one.version_id;
  END IF;
  UPDATE registered_model m SET updated_at = now() WHERE m.id = one.model_id;
END $$;

-- What is asked about a version that goes is not asked any more.
CREATE FUNCTION drawloom.withdraw_promotions() RETURNS trigger
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  withdrawn bigint[];
  waiting bigint;
BEGIN
  -- A node run that waits, or is about to, is not left without an answer.
  SELECT a.run_id INTO waiting FROM model_promotion p JOIN approval a ON a.id = p.approval_id
  WHERE p.version_id = OLD.id AND a.run_id IS NOT NULL
    AND (a.status = 'open' OR EXISTS (SELECT FROM lease l WHERE l.run_id = a.run_id AND l.node = a.node AND l.map_index = a.map_index)) LIMIT 1;
  IF waiting IS NOT NULL THEN
    RAISE EXCEPTION 'Run % waits for the promotion of this version. Answer it, or stop the run, then delete the version.', waiting USING ERRCODE = 'DL002';
  END IF;
  WITH gone AS (
    UPDATE approval a SET status = 'withdrawn', decided_at = now() FROM model_promotion p
    WHERE p.version_id = OLD.id AND a.id = p.approval_id AND a.status = 'open' RETURNING a.id
  ) SELECT array_agg(g.id) INTO withdrawn FROM gone g;
  PERFORM tell_approvals(withdrawn);
  RETURN OLD;
END $$;

CREATE TRIGGER withdraw_promotions BEFORE DELETE ON drawloom.model_version FOR EACH ROW EXECUTE FUNCTION drawloom.withdraw_promotions();
