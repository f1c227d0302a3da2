-- How runs, their outputs and their logs are forgotten. A claim hands work that was done out to be taken over, and the result that says
-- so may come a day later; so everything here has two steps. In the first, nobody new is given what goes. The second comes when whoever
-- was given it before has ended, and looks once more whether it is needed. Both hold the tick lock alone, so that no tick is under way.
-- The time of a first step is the clock's and not that of its transaction: a tick that went before it may have begun after it did.

-- Every project has a policy from its first moment on; the table's defaults are those of all of them.
CREATE FUNCTION drawloom.give_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO drawloom.retention_policy (project_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;

CREATE TRIGGER give_policy AFTER INSERT ON drawloom.project FOR EACH ROW EXECUTE FUNCTION drawloom.give_policy();

-- A run and all that it ever started; these go together.
CREATE FUNCTION drawloom.family(which bigint) RETURNS bigint[]
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  WITH RECURSIVE down AS (
    SELECT which AS id
    UNION ALL
    SELECT c.id FROM down d JOIN run c ON c.parent_run = d.id
  ) SELECT array_agg(d.id) FROM down d
$$;

-- What keeps a run that nobody started but a person or a trigger, whatever the policy says; null when nothing does. Not looked at here
-- is who took its work over: see `taken_over`.
CREATE FUNCTION drawloom.kept_by(which bigint) RETURNS text
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  SELECT CASE
    WHEN EXISTS (SELECT FROM run r WHERE r.id = ANY (f.ids) AND r.finished_at IS NULL) THEN 'under_way'
    WHEN EXISTS (SELECT FROM run_pin p WHERE p.run_id = ANY (f.ids)) THEN 'pin'
    WHEN EXISTS (SELECT FROM run r WHERE r.replay_of = ANY (f.ids) AND r.finished_at IS NULL) THEN 'rerun'
    WHEN EXISTS (SELECT FROM run r JOIN run_set s ON s.id = r.run_set_id WHERE r.id = which AND s.status <> 'finished') THEN 'run_set'
    WHEN EXISTS (SELECT FROM fire t WHERE t.run_id = which AND t.state IN ('launching', 'started')) THEN 'trigger'
    WHEN EXISTS (
      SELECT FROM model_version v JOIN tracked_run t ON t.id = v.tracked_id WHERE t.run_id = ANY (f.ids)) THEN 'model'
    WHEN which = (
      SELECT g.id FROM run g WHERE g.pipeline_id = (SELECT r.pipeline_id FROM run r WHERE r.id = which)
        AND g.status = 'succeeded' AND g.parent_run IS NULL ORDER BY g.id DESC LIMIT 1) THEN 'last_good'
  END
  FROM (SELECT family(which) AS ids) f
$$;

-- Whether a run that stays took over work of this one: its numbers and its lineage are here, and so this one stays with it.
CREATE FUNCTION drawloom.taken_over(which bigint, outputs_only boolean) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  SELECT EXISTS (
    SELECT FROM (SELECT family(which) AS ids) f
    JOIN node_run n ON n.reused_from_run = ANY (f.ids) AND n.run_id <> ALL (f.ids)
    JOIN run r ON r.id = n.run_id
    WHERE CASE WHEN outputs_only THEN r.let_go_at ELSE r.leaving_at END IS NULL)
$$;

-- The runs of a project that its policy would not keep, newest first. An hour after their end belongs to whoever still tells of them.
CREATE FUNCTION drawloom.due_runs(project uuid, days int, per_pipeline int) RETURNS TABLE (run_id bigint, why text)
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  SELECT o.id, CASE WHEN o.finished_at < now() - o.days * interval '1 day' THEN 'age' ELSE 'count' END
  FROM (
    -- The asks of sensors come by the thousand: each of them has the last twenty, and those of a day.
    SELECT r.id, r.finished_at, CASE WHEN r.trigger = 'ask' THEN 1 ELSE due_runs.days END AS days,
      row_number() OVER (PARTITION BY r.pipeline_id ORDER BY r.id DESC) AS place, r.trigger = 'ask' AS asked
    FROM run r WHERE r.project_id = project AND r.parent_run IS NULL AND r.leaving_at IS NULL
  ) o
  WHERE o.finished_at < now() - interval '1 hour' AND (o.finished_at < now() - o.days * interval '1 day' AND (NOT o.asked OR o.place > 20) OR NOT o.asked AND o.place > per_pipeline)
  ORDER BY o.id DESC
$$;

-- Takes away the keys that name what runs gave, so that no claim hands it out any more.
CREATE FUNCTION drawloom.withdraw(runs bigint[]) RETURNS void
LANGUAGE sql
SET search_path = drawloom, pg_temp
AS $$
  DELETE FROM cache_entry e USING run r, node_run n
  WHERE r.id = ANY (runs) AND n.run_id = r.id AND n.cache_key IS NOT NULL
    AND e.project_id = r.project_id AND e.key = n.cache_key AND e.run_id = r.id
$$;

-- The first step of forgetting runs: from its commit on they are forgotten for everybody who looks. Returns those that went.
CREATE FUNCTION drawloom.leave(runs bigint[], whys text[], bounds int[]) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  at timestamptz;
  free bigint[];
  members bigint[];
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  at := clock_timestamp();
  SELECT coalesce(array_agg(r.id), '{}') INTO free FROM run r
  WHERE r.id = ANY (runs) AND r.parent_run IS NULL AND r.leaving_at IS NULL AND kept_by(r.id) IS NULL AND NOT taken_over(r.id, false);
  SELECT array_agg(m.id) INTO members FROM unnest(free) u (id), unnest(family(u.id)) m (id);
  IF members IS NULL THEN RETURN free; END IF;
  INSERT INTO forgotten_run (run_id, project_id, pipeline_id, pipeline_version_id, status, created_at, finished_at, root_run, why, bound, forgotten_at)
  SELECT r.id, r.project_id, r.pipeline_id, r.pipeline_version_id, r.status, r.created_at, r.finished_at, u.id, w.why, w.bound, at
  FROM unnest(free) u (id)
  JOIN unnest(runs, whys, bounds) w (id, why, bound) ON w.id = u.id
  CROSS JOIN unnest(family(u.id)) m (id)
  JOIN run r ON r.id = m.id;
  -- Whoever uses the key of a start again means a new run from now on.
  UPDATE run r SET leaving_at = at, let_go_at = coalesce(r.let_go_at, at), idempotency_key = NULL WHERE r.id = ANY (members);
  PERFORM withdraw(members);
  PERFORM untrack(members);
  RETURN free;
END $$;

-- The second step: the rows go. A run whose work was taken over in between stays after all. Returns what went, children included.
CREATE FUNCTION drawloom.drop_left(project uuid, at_most int) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  ripe bigint[];
  back bigint[];
  going bigint[];
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  SELECT coalesce(array_agg(l.id), '{}') INTO ripe FROM (
    SELECT r.id FROM run r WHERE r.project_id = project AND r.leaving_at IS NOT NULL AND r.parent_run IS NULL
      AND NOT claimed_until(project, r.leaving_at) -- whoever was given its work has ended
    ORDER BY r.id LIMIT at_most
  ) l;
  SELECT array_agg(m.id) INTO back FROM unnest(ripe) u (id), unnest(family(u.id)) m (id) WHERE kept_by(u.id) IS NOT NULL OR taken_over(u.id, false);
  IF back IS NOT NULL THEN
    UPDATE run SET leaving_at = NULL WHERE id = ANY (back);
    DELETE FROM forgotten_run WHERE run_id = ANY (back);
    UPDATE experiment e SET tracked_through = least(e.tracked_through, b.first - 1)
    FROM (SELECT r.pipeline_id, min(r.id) AS first FROM run r WHERE r.id = ANY (back) GROUP BY r.pipeline_id) b WHERE e.pipeline_id = b.pipeline_id;
  END IF;
  SELECT coalesce(array_agg(m.id), '{}') INTO going FROM unnest(ripe) u (id), unnest(family(u.id)) m (id) WHERE u.id <> ALL (coalesce(back, '{}'));
  PERFORM FROM run WHERE id = ANY (going) ORDER BY id FOR UPDATE;
  DELETE FROM artifact_use WHERE run_id = ANY (going);
  DELETE FROM attempt WHERE run_id = ANY (going);
  DELETE FROM node_run WHERE run_id = ANY (going);
  DELETE FROM map_group WHERE run_id = ANY (going);
  DELETE FROM approval WHERE run_id = ANY (going);
  DELETE FROM trace WHERE run_id = ANY (going);
  DELETE FROM run WHERE id = ANY (going);
  UPDATE forgotten_run SET dropped_at = clock_timestamp() WHERE run_id = ANY (going);
  RETURN going;
END $$;

-- Whether an attempt is under way that was claimed up to then, in a project: it may have been given what was let go then.
CREATE FUNCTION drawloom.claimed_until(project uuid, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  SELECT EXISTS (SELECT FROM lease l JOIN run r ON r.id = l.run_id WHERE r.project_id = project AND l.claimed_at <= at)
$$;

-- The first step of forgetting outputs: these runs stay, but keep no bytes any more. Returns those that let go.
CREATE FUNCTION drawloom.let_go(runs bigint[]) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  at timestamptz;
  free bigint[];
  members bigint[];
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  at := clock_timestamp();
  SELECT coalesce(array_agg(r.id), '{}') INTO free FROM run r
  WHERE r.id = ANY (runs) AND r.parent_run IS NULL AND r.let_go_at IS NULL AND kept_by(r.id) IS NULL AND NOT taken_over(r.id, true);
  SELECT array_agg(m.id) INTO members FROM unnest(free) u (id), unnest(family(u.id)) m (id);
  IF members IS NULL THEN RETURN free; END IF;
  UPDATE run r SET let_go_at = at WHERE r.id = ANY (members) AND r.let_go_at IS NULL;
  PERFORM withdraw(members);
  RETURN free;
END $$;

-- What keeps the bytes of an artifact; null when nothing does. A run that let it go counts until whoever was given it has ended.
CREATE FUNCTION drawloom.artifact_kept_by(which bigint) RETURNS text
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  SELECT CASE
    WHEN a.seen_at > now() - interval '1 day' THEN 'seen'
    WHEN EXISTS (SELECT FROM upload u WHERE u.project_id = a.project_id AND u.sha256 = a.sha256) THEN 'upload'
    WHEN EXISTS (
      SELECT FROM artifact_use u JOIN run r ON r.id = u.run_id
      WHERE u.artifact_id = a.id AND (r.let_go_at IS NULL OR claimed_until(a.project_id, r.let_go_at))) THEN 'run'
    WHEN EXISTS (
      SELECT FROM plan_node p JOIN run r ON r.plan_id = p.plan_id
      WHERE p.key_parts ->> 'outside' = a.sha256 AND r.project_id = a.project_id AND r.let_go_at IS NULL) THEN 'run'
  END
  FROM artifact a WHERE a.id = which
$$;

-- The second step: what nothing keeps has no bytes any more, and their rows go; the bytes themselves go with the sweep. An artifact that
-- a run still names stays known. Returns how many artifacts went, and the bytes that nothing else names.
CREATE FUNCTION drawloom.forget_artifacts(which bigint[], OUT count int, OUT size_bytes bigint)
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  going bigint[];
  digests text[];
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  going := ARRAY(SELECT a.id FROM artifact a WHERE a.id = ANY (which) AND a.forgotten_at IS NULL AND artifact_kept_by(a.id) IS NULL);
  digests := ARRAY(
    SELECT a.sha256 FROM artifact a WHERE a.id = ANY (going)
    UNION SELECT m.sha256 FROM artifact_member m WHERE m.artifact_id = ANY (going));
  DELETE FROM artifact_member WHERE artifact_id = ANY (going);
  UPDATE artifact a SET forgotten_at = now() WHERE a.id = ANY (going) AND EXISTS (SELECT FROM artifact_use u WHERE u.artifact_id = a.id);
  DELETE FROM artifact a WHERE a.id = ANY (going) AND NOT EXISTS (SELECT FROM artifact_use u WHERE u.artifact_id = a.id);
  WITH gone AS (
    DELETE FROM blob b WHERE b.sha256 = ANY (digests)
      AND NOT EXISTS (SELECT FROM artifact a WHERE a.sha256 = b.sha256 AND a.forgotten_at IS NULL)
      AND NOT EXISTS (SELECT FROM artifact_member m WHERE m.sha256 = b.sha256)
      AND NOT EXISTS (SELECT FROM upload u WHERE u.sha256 = b.sha256)
    RETURNING b.sha256, b.size_bytes
  ) SELECT coalesce(sum(g.size_bytes), 0) INTO size_bytes FROM gone g
    WHERE NOT EXISTS (SELECT FROM tracked_file f WHERE f.sha256 = g.sha256);
  count := cardinality(going);
END $$;

-- Keeps a run, and all it started, until it is unpinned. False: there is no such run, or it is forgotten.
CREATE FUNCTION drawloom.pin(which bigint, by text, why text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(tick_lock()); -- nobody forgets it between the look and the pin
  INSERT INTO run_pin (run_id, project_id, note, pinned_by)
  SELECT r.id, r.project_id, why, by FROM run r WHERE r.id = which AND r.leaving_at IS NULL
  ON CONFLICT (run_id) DO UPDATE SET note = excluded.note, pinned_by = excluded.pinned_by, pinned_at = now();
  RETURN FOUND;
END $$;
