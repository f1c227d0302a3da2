-- The tick: results in, node runs finished under their fence, what follows released, the next work handed out; one call, one commit.
--
-- Lock order, which makes deadlocks impossible. Whoever ticks holds the tick lock shared; whoever turns a run over as a whole
-- (cancel) holds it alone. Inside a tick only the head may wait: for run rows in the order of their ids, then for cache keys in
-- order, then for blobs and artifacts in order. From there on nothing waits: ready rows, timers and cache keys that another tick
-- holds are left to it. A node run is only touched by whoever holds its run row, or its row in ready, timer or cache_waiter.

CREATE SEQUENCE drawloom.fence AS bigint;
--> statement-breakpoint
CREATE TYPE drawloom.node_key AS (run_id bigint, node integer, map_index integer);
--> statement-breakpoint
-- What became of a node run in this tick; `cause` is the failed node that a skip goes back to.
CREATE TYPE drawloom.node_change AS (run_id bigint, node integer, map_index integer, status drawloom.node_run_status,
  attempt integer, reason drawloom.attempt_reason, cause integer);
--> statement-breakpoint

-- Rows here live for milliseconds: updates stay on their page, and dead rows are cleaned up at once, not by share of the table.
ALTER TABLE drawloom.node_run SET (fillfactor = 70);
--> statement-breakpoint
ALTER TABLE drawloom.attempt SET (fillfactor = 80);
--> statement-breakpoint
ALTER TABLE drawloom.run SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
ALTER TABLE drawloom.ready SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);
--> statement-breakpoint
ALTER TABLE drawloom.lease SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);
--> statement-breakpoint
ALTER TABLE drawloom.timer SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
ALTER TABLE drawloom.worker SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
--> statement-breakpoint
ALTER TABLE drawloom.cache_waiter SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint

CREATE FUNCTION drawloom.tick_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 4400002::bigint $$;
--> statement-breakpoint
CREATE FUNCTION drawloom.cache_lock(project uuid, key text) RETURNS bigint LANGUAGE sql IMMUTABLE
AS $$ SELECT hashtextextended(project::text || key, 4400003) $$;
--> statement-breakpoint

-- Takes one from what each child still waits for, queues the children that wait for nothing more, skips those that cannot run,
-- and goes on with what it skipped. One UPDATE decides each wave: two parents that finish at once cannot each see the other
-- still running, and leave the join to nobody.
CREATE FUNCTION drawloom.release(finals drawloom.node_change[], OUT skipped drawloom.node_change[], OUT queued drawloom.node_change[])
LANGUAGE plpgsql AS $$
DECLARE
  wave drawloom.node_change[] := finals;
  now_queued drawloom.node_change[];
BEGIN
  skipped := '{}';
  queued := '{}';
  WHILE cardinality(wave) > 0 LOOP
    WITH child AS (
      SELECT p.run_id, e.dst AS node, count(*)::int AS parents,
        (count(*) FILTER (WHERE p.status IN ('failed', 'cancelled')))::int AS failed,
        (count(*) FILTER (WHERE p.status = 'skipped'))::int AS left_out,
        min(coalesce(p.cause, p.node)) FILTER (WHERE p.status IN ('failed', 'cancelled', 'skipped')) AS cause
      FROM unnest(wave) p
      JOIN run r ON r.id = p.run_id
      JOIN LATERAL (SELECT e.dst FROM plan_edge e WHERE e.plan_id = r.plan_id AND e.src = p.node OFFSET 0) e ON true
      GROUP BY p.run_id, e.dst
    ), found AS (
      SELECT c.*, n.place FROM child c
      JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = c.run_id AND n.node = c.node AND n.map_index = 0 OFFSET 0) n ON true
    ), moved AS (
      UPDATE node_run n SET
        deps_left = n.deps_left - c.parents,
        deps_failed = n.deps_failed + c.failed,
        deps_skipped = n.deps_skipped + c.left_out,
        status = CASE
          WHEN n.status <> 'pending' THEN n.status
          WHEN n.deps_failed + n.deps_skipped + c.failed + c.left_out > 0 THEN 'skipped'
          WHEN n.deps_left = c.parents THEN 'queued'
          ELSE n.status
        END,
        cause_node = coalesce(n.cause_node, c.cause),
        queued_at = CASE WHEN n.status = 'pending' AND n.deps_left = c.parents THEN now() ELSE n.queued_at END,
        finished_at = CASE WHEN n.status = 'pending' AND c.failed + c.left_out > 0 THEN now() ELSE n.finished_at END
      FROM found c
      WHERE n.ctid = c.place
      -- Its first bad parent skips a node and its last good one queues it: each happens once, so each is told once.
      RETURNING n.run_id, n.node, n.cause_node, n.status = 'queued' AS queued,
        n.status = 'skipped' AND n.deps_failed + n.deps_skipped = c.failed + c.left_out AS stopped
    ), put AS (
      INSERT INTO ready (run_id, node, map_index, priority)
      SELECT m.run_id, m.node, 0, r.priority FROM moved m JOIN run r ON r.id = m.run_id
      WHERE m.queued ORDER BY m.run_id, m.node
    )
    SELECT
      coalesce(array_agg((m.run_id, m.node, 0, 'queued', 0, NULL, NULL)::node_change) FILTER (WHERE m.queued), '{}'),
      coalesce(array_agg((m.run_id, m.node, 0, 'skipped', 0, NULL, m.cause_node)::node_change) FILTER (WHERE m.stopped), '{}')
    INTO now_queued, wave FROM moved m;
    queued := queued || now_queued;
    skipped := skipped || wave;
  END LOOP;
END $$;
--> statement-breakpoint

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
    INSERT INTO ready (run_id, node, map_index, priority)
    SELECT m.run_id, m.node, m.map_index, r.priority FROM moved m JOIN run r ON r.id = m.run_id ORDER BY m.run_id, m.node
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'queued', m.attempt, m.reason, NULL)::node_change), '{}') INTO queued FROM moved m;
END $$;
--> statement-breakpoint

-- Records what good attempts made. Bytes are in the store already; from here on they are visible.
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
      WHERE n.status IN ('succeeded', 'reused') AND n.reused_from_run IS NULL
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
      SELECT a.id AS artifact_id, n.run_id, n.node, n.map_index, n.attempt, o.port, coalesce(o.position, 0) AS position, o.members
      FROM jsonb_to_recordset(outputs) o (
        run bigint, node int, "mapIndex" int, fence bigint, port text, position int, kind text, sha256 text, members jsonb)
      JOIN unnest(accepted) k ON k.run_id = o.run AND k.node = o.node AND k.map_index = o."mapIndex"
      JOIN node_run n ON n.run_id = k.run_id AND n.node = k.node AND n.map_index = k.map_index AND n.fence = o.fence
      JOIN run r ON r.id = n.run_id
      JOIN artifact a ON a.project_id = r.project_id AND a.sha256 = o.sha256 AND a.kind = o.kind
      WHERE n.status IN ('succeeded', 'reused') AND n.reused_from_run IS NULL
    ), listed AS (
      INSERT INTO artifact_member (artifact_id, path, sha256, size_bytes)
      SELECT DISTINCT m.artifact_id, f.path, f.sha256, f."sizeBytes"
      FROM made m, jsonb_to_recordset(m.members) f (path text, sha256 text, "sizeBytes" bigint)
      WHERE m.members IS NOT NULL ORDER BY 1, 2
      ON CONFLICT DO NOTHING
    )
    INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id)
    SELECT run_id, node, map_index, attempt, 'out', port, position, artifact_id FROM made
    ON CONFLICT DO NOTHING;
  END IF;

  -- A reused node run gives out what the earlier one gave.
  INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id)
  SELECT n.run_id, n.node, n.map_index, n.attempt, 'out', u.port, u.position, u.artifact_id
  FROM unnest(accepted) a
  JOIN node_run n ON n.run_id = a.run_id AND n.node = a.node AND n.map_index = a.map_index
  JOIN node_run source ON source.run_id = n.reused_from_run AND source.node = n.reused_from_node AND source.map_index = n.map_index
  JOIN artifact_use u ON u.run_id = source.run_id AND u.node = source.node AND u.map_index = source.map_index
    AND u.attempt = source.attempt AND u.direction = 'out'
  WHERE n.status = 'reused'
  ON CONFLICT DO NOTHING;
END $$;
--> statement-breakpoint

-- Takes results in. A result counts while its lease stands under the very fence it was claimed with; whatever comes later
-- (a worker taken for dead that wakes up, a delivery made twice) changes no row, and `refused` names the fences that are to stop.
CREATE FUNCTION drawloom.finish(results jsonb, outputs jsonb, OUT refused bigint[], OUT touched drawloom.node_change[], OUT runs bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  fences bigint[];
  finals drawloom.node_change[];
  skipped drawloom.node_change[];
  keyed boolean;
  reused boolean;
  more drawloom.node_change[];
BEGIN
  PERFORM FROM run WHERE id = ANY (ARRAY(SELECT DISTINCT (t.value ->> 'run')::bigint FROM jsonb_array_elements(results) t))
  ORDER BY id FOR NO KEY UPDATE;

  WITH told AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(results) t (
      run bigint, node int, "mapIndex" int, fence bigint, reason attempt_reason, retry boolean, "exitCode" int, signal text,
      error jsonb, tier text, isolation text, "peakMemoryBytes" bigint, "cpuMs" float8, "wallMs" float8,
      "reusedFromRun" bigint, "reusedFromNode" int)
  ), found AS (
    SELECT t.*, l.place FROM told t
    JOIN LATERAL (
      SELECT l.ctid AS place FROM lease l WHERE l.run_id = t.run AND l.node = t.node AND l.map_index = t."mapIndex"
        AND l.fence = t.fence -- the fence
      OFFSET 0
    ) l ON true
  ), held AS (
    DELETE FROM lease l USING found t WHERE l.ctid = t.place
    RETURNING l.run_id, l.map_index, l.attempt, l.worker_id, l.claimed_at, t.*
  ), ended AS (
    INSERT INTO attempt (run_id, node, map_index, attempt, fence, worker_id, claimed_at, finished_at, reason, exit_code, signal, error,
      tier, isolation, peak_memory_bytes, cpu_ms, wall_ms)
    SELECT h.run_id, h.node, h.map_index, h.attempt, h.fence, h.worker_id, h.claimed_at, now(), h.reason, h."exitCode", h.signal, h.error,
      h.tier, h.isolation, h."peakMemoryBytes", h."cpuMs", h."wallMs"
    FROM held h
  ), fate AS (
    SELECT h.*, n.place AS at, r.priority, r.status AS run_status, p.retry_delay_ms, p.retry_max_delay_ms, p.retry_attempts, p.lost_attempts
    FROM held h
    JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = h.run_id AND n.node = h.node AND n.map_index = h.map_index OFFSET 0) n ON true
    JOIN run r ON r.id = h.run_id
    JOIN LATERAL (SELECT * FROM plan_node p WHERE p.plan_id = r.plan_id AND p.node = h.node OFFSET 0) p ON true
  ), moved AS (
    UPDATE node_run n SET
      status = CASE
        WHEN f.reason = 'ok' AND f."reusedFromRun" IS NOT NULL THEN 'reused'
        WHEN f.reason = 'ok' THEN 'succeeded'
        WHEN f.run_status = 'cancelling' THEN 'cancelled'
        WHEN f.reason = 'cancelled' THEN 'queued' -- handed back: nobody wished this run to end, its worker leaves
        WHEN f.reason = 'lost' THEN CASE WHEN n.lost < f.lost_attempts THEN 'queued' ELSE 'failed' END
        WHEN f.retry AND n.failures + 1 < f.retry_attempts THEN 'waiting'
        ELSE 'failed'
      END::node_run_status,
      reason = CASE WHEN f.reason <> 'ok' AND f.run_status = 'cancelling' THEN 'cancelled' ELSE f.reason END,
      failures = n.failures + (f.reason NOT IN ('ok', 'cancelled', 'lost'))::int,
      lost = n.lost + (f.reason = 'lost')::int,
      reused_from_run = CASE WHEN f.reason = 'ok' THEN f."reusedFromRun" END,
      reused_from_node = CASE WHEN f.reason = 'ok' THEN f."reusedFromNode" END,
      finished_at = now()
    FROM fate f
    WHERE n.ctid = f.at
    RETURNING n.run_id, n.node, n.map_index, n.status, n.attempt, n.reason, n.fence, n.cache_key, n.failures,
      f.retry_delay_ms, f.retry_max_delay_ms, f.priority
  ), later AS (
    INSERT INTO timer (run_id, node, map_index, kind, due_at)
    SELECT m.run_id, m.node, m.map_index, 'retry',
      now() + least(m.retry_delay_ms * 2.0 ^ least(m.failures - 1, 60), m.retry_max_delay_ms) * interval '1 millisecond'
    FROM moved m WHERE m.status = 'waiting'
  ), back AS (
    INSERT INTO ready (run_id, node, map_index, priority)
    SELECT m.run_id, m.node, m.map_index, m.priority FROM moved m WHERE m.status = 'queued' ORDER BY m.run_id, m.node
  )
  SELECT coalesce(array_agg(c), '{}'), coalesce(array_agg(m.fence), '{}'),
    coalesce(array_agg(c) FILTER (WHERE m.status NOT IN ('queued', 'waiting')), '{}'),
    coalesce(bool_or(m.cache_key IS NOT NULL), false), coalesce(bool_or(m.status = 'reused'), false)
  INTO touched, fences, finals, keyed, reused
  FROM moved m, LATERAL (SELECT (m.run_id, m.node, m.map_index, m.status, m.attempt, m.reason, NULL)::node_change) u (c);

  runs := '{}';
  IF cardinality(finals) < cardinality(touched) THEN
    UPDATE node_run n SET finished_at = NULL FROM unnest(touched) t
    WHERE n.run_id = t.run_id AND n.node = t.node AND n.map_index = t.map_index AND t.status IN ('queued', 'waiting');
  END IF;
  IF keyed THEN
    SELECT s.queued INTO more FROM settle_cache(touched) s;
  END IF;
  IF outputs IS NOT NULL OR reused THEN
    PERFORM record_outputs(touched, outputs);
  END IF;
  IF keyed THEN
    touched := touched || more;
  END IF;
  IF cardinality(finals) > 0 THEN
    SELECT r.skipped, r.queued INTO skipped, more FROM release(finals) r;
    touched := touched || skipped || more;
    finals := finals || skipped;
    WITH ended AS (
      SELECT f.*, r.place
      FROM (
        SELECT f.run_id, count(*)::int AS nodes, (count(*) FILTER (WHERE f.status = 'failed'))::int AS failed
        FROM unnest(finals) f GROUP BY f.run_id
      ) f
      JOIN LATERAL (SELECT r.ctid AS place FROM run r WHERE r.id = f.run_id OFFSET 0) r ON true
    ), moved AS (
      UPDATE run r SET
        remaining = r.remaining - e.nodes,
        failed = r.failed + e.failed,
        finished_at = CASE WHEN r.remaining = e.nodes THEN now() END,
        started_at = coalesce(r.started_at, now()),
        status = CASE
          WHEN r.remaining > e.nodes THEN CASE WHEN r.status = 'queued' THEN 'running' ELSE r.status END
          WHEN r.status = 'cancelling' AND EXISTS (SELECT FROM node_run n WHERE n.run_id = r.id AND n.status = 'cancelled') THEN 'cancelled'
          WHEN r.failed + e.failed > 0 THEN 'failed'
          ELSE 'succeeded'
        END
      FROM ended e WHERE r.ctid = e.place
      RETURNING r.id, r.finished_at IS NOT NULL AS over
    )
    SELECT coalesce(array_agg(m.id) FILTER (WHERE m.over), '{}') INTO runs FROM moved m;
  END IF;

  -- A result that was recorded before (its answer got lost on the way) is no reason to stop anything.
  refused := '{}';
  IF cardinality(fences) < jsonb_array_length(results) THEN
    SELECT coalesce(array_agg(t.fence), '{}') INTO refused
    FROM jsonb_to_recordset(results) t (run bigint, node int, "mapIndex" int, fence bigint)
    WHERE t.fence <> ALL (fences)
      AND NOT EXISTS (
        SELECT FROM attempt a
        WHERE a.run_id = t.run AND a.node = t.node AND a.map_index = t."mapIndex" AND a.fence = t.fence
          AND a.reason NOT IN ('lost', 'cancelled'));
  END IF;
END $$;
--> statement-breakpoint

-- Puts what fell due back among what can run.
CREATE FUNCTION drawloom.promote_due(OUT queued drawloom.node_change[])
LANGUAGE plpgsql AS $$
BEGIN
  WITH due AS (
    DELETE FROM timer t WHERE t.ctid = ANY (ARRAY(
      SELECT d.ctid FROM timer d WHERE d.due_at <= now() ORDER BY d.due_at LIMIT 1000 FOR UPDATE SKIP LOCKED))
    RETURNING t.run_id, t.node, t.map_index
  ), moved AS (
    UPDATE node_run n SET status = 'queued', queued_at = now()
    FROM (SELECT n.place FROM due d JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = d.run_id AND n.node = d.node AND n.map_index = d.map_index OFFSET 0) n ON true) d
    WHERE n.ctid = d.place AND n.status = 'waiting'
    RETURNING n.run_id, n.node, n.map_index, n.attempt, n.reason
  ), put AS (
    INSERT INTO ready (run_id, node, map_index, priority)
    SELECT m.run_id, m.node, m.map_index, r.priority FROM moved m JOIN run r ON r.id = m.run_id ORDER BY m.run_id, m.node
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'queued', m.attempt, m.reason, NULL)::node_change), '{}') INTO queued FROM moved m;
END $$;
--> statement-breakpoint

-- The artifacts that arrive at a set of node runs, in the order of their ports. The one place that says what "inputs" are.
CREATE FUNCTION drawloom.arrivals(nodes drawloom.node_key[])
RETURNS TABLE (run_id bigint, node int, map_index int, port text, "position" int, artifact_id bigint)
LANGUAGE sql STABLE AS $$
  SELECT k.run_id, k.node, k.map_index, i.port,
    (row_number() OVER (PARTITION BY k.run_id, k.node, k.map_index, i.port ORDER BY i.position, u.position) - 1)::int, u.artifact_id
  FROM unnest(nodes) k
  JOIN drawloom.run r ON r.id = k.run_id
  JOIN LATERAL (SELECT * FROM drawloom.plan_input i WHERE i.plan_id = r.plan_id AND i.node = k.node OFFSET 0) i ON true
  JOIN drawloom.node_run s ON s.run_id = k.run_id AND s.node = i.src AND s.map_index = 0
  JOIN LATERAL (
    SELECT * FROM drawloom.artifact_use u
    WHERE u.run_id = s.run_id AND u.node = s.node AND u.map_index = s.map_index AND u.attempt = s.attempt
      AND u.direction = 'out' AND u.port = i.src_port OFFSET 0
  ) u ON true
$$;
--> statement-breakpoint

CREATE FUNCTION drawloom.artifact_json(artifact bigint, port text, "position" int) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('port', port, 'position', "position", 'kind', a.kind, 'sha256', a.sha256, 'mediaType', a.media_type,
      'sizeBytes', a.size_bytes, 'columns', a.columns, 'rowCount', a.row_count)
    || coalesce((
      SELECT jsonb_build_object('members', jsonb_agg(jsonb_build_object('path', m.path, 'sha256', m.sha256, 'sizeBytes', m.size_bytes) ORDER BY m.path))
      FROM drawloom.artifact_member m WHERE m.artifact_id = a.id HAVING count(*) > 0), '{}')
  FROM drawloom.artifact a WHERE a.id = artifact
$$;
--> statement-breakpoint

-- Hands out up to `want` of what can run. Equal work that is under way elsewhere is waited for, not done twice; equal work that
-- is done comes along as a candidate, and whoever carries the attempt out looks whether its bytes are still there.
CREATE FUNCTION drawloom.claim(claimer uuid, want int, OUT work jsonb, OUT touched drawloom.node_change[], OUT runs bigint[], OUT contended boolean)
LANGUAGE plpgsql AS $$
DECLARE
  nodes drawloom.node_key[];
  fences bigint[];
  projects uuid[];
  plans bigint[];
  statics text[];
  reusable boolean[];
  replays bigint[];
  places tid[];
  keys text[];
  fates text[]; -- claim, wait, leave
  from_run bigint[];
  from_node int[];
  keyed boolean;
  entry record;
  one record;
BEGIN
  work := '[]'; touched := '{}'; runs := '{}'; contended := false;
  WITH picked AS MATERIALIZED (
    SELECT r.id, r.priority, r.run_id, r.node, r.map_index, r.ctid AS place FROM ready r ORDER BY r.priority DESC, r.id LIMIT want FOR UPDATE SKIP LOCKED
  )
  SELECT array_agg((p.run_id, p.node, p.map_index)::node_key ORDER BY p.priority DESC, p.id),
    array_agg(nextval('fence') ORDER BY p.priority DESC, p.id),
    array_agg(r.project_id ORDER BY p.priority DESC, p.id), array_agg(r.plan_id ORDER BY p.priority DESC, p.id),
    array_agg(n.static_key ORDER BY p.priority DESC, p.id), array_agg(n.reuse AND r.reuse ORDER BY p.priority DESC, p.id),
    array_agg(r.replay_of ORDER BY p.priority DESC, p.id),
    array_agg(p.place ORDER BY p.priority DESC, p.id),
    array_agg('claim'::text), array_agg(NULL::text), array_agg(NULL::bigint), array_agg(NULL::int)
  INTO nodes, fences, projects, plans, statics, reusable, replays, places, fates, keys, from_run, from_node
  FROM picked p
  JOIN run r ON r.id = p.run_id
  JOIN LATERAL (SELECT * FROM plan_node n WHERE n.plan_id = r.plan_id AND n.node = p.node OFFSET 0) n ON true;
  IF nodes IS NULL THEN RETURN; END IF;

  keyed := array_remove(statics, NULL) <> '{}';
  IF keyed THEN
    -- The name of the work: what the plan knew, and what arrived.
    FOR one IN
      SELECT k.place, k.static_key, coalesce(string_agg(format('%s %s %s %s', a.port, a.position, f.kind, f.sha256), E'\n' ORDER BY a.port COLLATE "C", a.position), '') AS digests
      FROM (SELECT u.place, u.run_id, u.node, u.map_index, statics[u.place] AS static_key
        FROM unnest(nodes) WITH ORDINALITY u (run_id, node, map_index, place) WHERE statics[u.place] IS NOT NULL) k
      LEFT JOIN arrivals(nodes) a
        ON a.run_id = k.run_id AND a.node = k.node AND a.map_index = k.map_index
      LEFT JOIN artifact f ON f.id = a.artifact_id
      GROUP BY k.place, k.static_key
    LOOP
      keys[one.place] := encode(sha256(convert_to(one.static_key || E'\n' || one.digests, 'UTF8')), 'hex');
    END LOOP;

    FOR one IN SELECT k.key, k.place::int AS place FROM unnest(keys) WITH ORDINALITY k (key, place) WHERE k.key IS NOT NULL ORDER BY k.key, k.place LOOP
      IF replays[one.place] IS NOT NULL THEN
        SELECT coalesce(n.reused_from_run, n.run_id) AS run_id, coalesce(n.reused_from_node, n.node) AS node INTO entry FROM node_run n
        WHERE n.run_id = replays[one.place] AND n.node = nodes[one.place].node AND n.map_index = nodes[one.place].map_index
          AND n.status IN ('succeeded', 'reused') AND n.cache_key = one.key;
        IF FOUND THEN
          from_run[one.place] := entry.run_id;
          from_node[one.place] := entry.node;
          CONTINUE;
        END IF;
      END IF;
      CONTINUE WHEN NOT reusable[one.place];
      IF NOT pg_try_advisory_xact_lock(cache_lock(projects[one.place], one.key)) THEN
        fates[one.place] := 'leave';
        contended := true;
        CONTINUE;
      END IF;
      SELECT e.state, e.run_id, e.node INTO entry FROM cache_entry e WHERE e.project_id = projects[one.place] AND e.key = one.key;
      IF NOT FOUND THEN
        INSERT INTO cache_entry (project_id, key, state, fence, run_id, node, map_index, attempt)
        SELECT projects[one.place], one.key, 'filling', fences[one.place], n.run_id, n.node, n.map_index, n.attempt + 1
        FROM node_run n WHERE (n.run_id, n.node, n.map_index) = (nodes[one.place].run_id, nodes[one.place].node, nodes[one.place].map_index);
      ELSIF entry.state = 'ready' THEN
        from_run[one.place] := entry.run_id;
        from_node[one.place] := entry.node;
      ELSE
        fates[one.place] := 'wait';
      END IF;
    END LOOP;
  END IF;

  DELETE FROM ready r
  WHERE r.ctid = ANY (ARRAY(SELECT places[f.place] FROM unnest(fates) WITH ORDINALITY f (fate, place) WHERE f.fate <> 'leave'));

  IF 'wait' = ANY (fates) THEN
    INSERT INTO cache_waiter (run_id, node, map_index, project_id, key)
    SELECT k.run_id, k.node, k.map_index, projects[k.place], keys[k.place]
    FROM unnest(nodes) WITH ORDINALITY k (run_id, node, map_index, place) WHERE fates[k.place] = 'wait';
    UPDATE node_run n SET status = 'waiting', cache_key = keys[k.place]
    FROM unnest(nodes) WITH ORDINALITY k (run_id, node, map_index, place)
    WHERE n.run_id = k.run_id AND n.node = k.node AND n.map_index = k.map_index AND fates[k.place] = 'wait';
  END IF;

  WITH taken AS (
    UPDATE node_run n SET status = 'running', reason = NULL, attempt = n.attempt + 1, fence = fences[k.place], cache_key = keys[k.place],
      started_at = coalesce(n.started_at, now())
    FROM (
      SELECT k.place, n.place AS at FROM unnest(nodes) WITH ORDINALITY k (run_id, node, map_index, place)
      JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = k.run_id AND n.node = k.node AND n.map_index = k.map_index OFFSET 0) n ON true
      WHERE fates[k.place] = 'claim'
    ) k
    WHERE n.ctid = k.at
    RETURNING n.run_id, n.node, n.map_index, n.attempt, n.fence, k.place
  ), leased AS (
    INSERT INTO lease (run_id, node, map_index, attempt, fence, worker_id, claimed_at)
    SELECT t.run_id, t.node, t.map_index, t.attempt, t.fence, claimer, now() FROM taken t
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object('run', t.run_id, 'node', t.node, 'mapIndex', t.map_index, 'attempt', t.attempt,
      'fence', t.fence, 'plan', plans[t.place], 'project', projects[t.place], 'cacheKey', keys[t.place])
      ORDER BY t.place), '[]'),
    array_agg((t.run_id, t.node, t.map_index, 'running', t.attempt, NULL, NULL)::node_change)
  INTO work, touched FROM taken t;

  IF keyed AND work <> '[]' THEN
    INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id)
    SELECT a.run_id, a.node, a.map_index, n.attempt, 'in', a.port, a.position, a.artifact_id
    FROM arrivals(nodes) a
    JOIN node_run n ON n.run_id = a.run_id AND n.node = a.node AND n.map_index = a.map_index
    WHERE n.fence = ANY (fences) AND n.status = 'running';

    SELECT jsonb_agg(w.value || jsonb_build_object(
        'inputs', (
          SELECT jsonb_agg(artifact_json(u.artifact_id, u.port, u.position) ORDER BY u.port, u.position)
          FROM artifact_use u WHERE u.run_id = (w.value ->> 'run')::bigint AND u.node = (w.value ->> 'node')::int
            AND u.map_index = (w.value ->> 'mapIndex')::int AND u.attempt = (w.value ->> 'attempt')::int AND u.direction = 'in'),
        'reuse', CASE WHEN from_run[k.place] IS NOT NULL THEN candidate_json(from_run[k.place], from_node[k.place], (w.value ->> 'mapIndex')::int) END))
    INTO work
    FROM jsonb_array_elements(work) w, LATERAL (SELECT array_position(fences, (w.value ->> 'fence')::bigint)) k (place);
  END IF;
  touched := coalesce(touched, '{}');
  IF 'wait' = ANY (fates) THEN
    touched := touched || ARRAY(
      SELECT (n.run_id, n.node, n.map_index, 'waiting', n.attempt, n.reason, NULL)::node_change
      FROM unnest(nodes) WITH ORDINALITY k (run_id, node, map_index, place)
      JOIN node_run n ON n.run_id = k.run_id AND n.node = k.node AND n.map_index = k.map_index WHERE fates[k.place] = 'wait');
  END IF;

  -- Left alone when someone else holds the run: then it is being started there, or is past its start.
  WITH started AS (
    UPDATE run r SET status = 'running', started_at = now() FROM (
      SELECT q.ctid AS place FROM run q WHERE q.id = ANY (ARRAY(SELECT DISTINCT k.run_id FROM unnest(touched) k)) AND q.status = 'queued'
      FOR NO KEY UPDATE SKIP LOCKED
    ) q WHERE r.ctid = q.place RETURNING r.id
  )
  SELECT coalesce(array_agg(s.id), '{}') INTO runs FROM started s;
END $$;
--> statement-breakpoint

CREATE FUNCTION drawloom.candidate_json(run bigint, node int, map_index int) RETURNS jsonb
LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_object('run', n.run_id, 'node', n.node, 'nodeId', p.node_id, 'outputs', coalesce((
    SELECT jsonb_agg(drawloom.artifact_json(u.artifact_id, u.port, u.position) ORDER BY u.port, u.position)
    FROM drawloom.artifact_use u
    WHERE u.run_id = n.run_id AND u.node = n.node AND u.map_index = n.map_index AND u.attempt = n.attempt AND u.direction = 'out'), '[]'))
  FROM drawloom.node_run n
  JOIN drawloom.run r ON r.id = n.run_id
  JOIN drawloom.plan_node p ON p.plan_id = r.plan_id AND p.node = n.node
  WHERE n.run_id = candidate_json.run AND n.node = candidate_json.node AND n.map_index = candidate_json.map_index
$$;
--> statement-breakpoint

-- Tells what changed, one row per run: written in columns, for a busy house tells thousands of changes a second, and few of them
-- are ever looked at. `drawloom.house_event` shows them as the events they are.
CREATE FUNCTION drawloom.tell(touched drawloom.node_change[], runs bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(touched) > 0 THEN
    INSERT INTO event (project_id, run_id, plan_id, nodes, map_indexes, statuses, attempts, reasons)
    SELECT r.project_id, c.run_id, r.plan_id, c.nodes, c.map_indexes, c.statuses, c.attempts, c.reasons
    FROM (
      SELECT t.run_id, (t.place - t.first) / 1000, array_agg(t.node ORDER BY t.place) AS nodes, array_agg(t.map_index ORDER BY t.place) AS map_indexes,
        array_agg(t.status ORDER BY t.place) AS statuses, array_agg(t.attempt ORDER BY t.place) AS attempts, array_agg(t.reason ORDER BY t.place) AS reasons
      FROM (
        SELECT u.*, min(u.place) OVER (PARTITION BY u.run_id) AS first
        FROM unnest(touched) WITH ORDINALITY u (run_id, node, map_index, status, attempt, reason, cause, place)
      ) t
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
END $$;
--> statement-breakpoint

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
--> statement-breakpoint

-- Starts a run: one node run per node of the plan, those that wait for nothing ready at once, and a wake-up in the queue, all
-- visible together. With an idempotency key, whoever comes second gets the first one's run.
CREATE FUNCTION drawloom.start_run(project uuid, pipeline uuid, version uuid, plan bigint, parameters jsonb, trigger text,
  key text, priority int, reuse boolean, replay_of bigint, actor text, OUT run bigint, OUT existed boolean)
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off
AS $$
DECLARE
  nodes int;
  ready_now drawloom.node_change[];
BEGIN
  existed := false;
  SELECT p.node_count INTO STRICT nodes FROM plan p WHERE p.id = plan;
  INSERT INTO run AS r (project_id, pipeline_id, pipeline_version_id, plan_id, parameters, trigger, idempotency_key, status,
    priority, reuse, remaining, replay_of, created_by)
  VALUES (project, pipeline, version, plan, parameters, trigger, key, 'queued', priority, reuse, nodes, replay_of, actor)
  ON CONFLICT (pipeline_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
  RETURNING r.id INTO run;
  IF run IS NULL THEN
    existed := true;
    SELECT r.id INTO STRICT run FROM run r WHERE r.pipeline_id = pipeline AND r.idempotency_key = key;
    RETURN;
  END IF;
  INSERT INTO node_run (run_id, node, map_index, status, deps_left, queued_at)
  SELECT run, n.node, 0, CASE WHEN n.in_degree = 0 THEN 'queued' ELSE 'pending' END::node_run_status, n.in_degree,
    CASE WHEN n.in_degree = 0 THEN now() END
  FROM plan_node n WHERE n.plan_id = plan ORDER BY n.node;
  WITH put AS (
    INSERT INTO ready (run_id, node, map_index, priority)
    SELECT run, n.node, 0, start_run.priority FROM plan_node n WHERE n.plan_id = plan AND n.in_degree = 0 ORDER BY n.node
    RETURNING run_id, node, map_index
  )
  SELECT array_agg((p.run_id, p.node, p.map_index, 'queued', 0, NULL, NULL)::node_change) INTO ready_now FROM put p;
  PERFORM tell(ready_now, ARRAY[run]);
  PERFORM graphile_worker.add_job('drain', '{}'::json, job_key := 'drain', max_attempts := 3);
END $$;
--> statement-breakpoint

-- The whole of it. `results` and `outputs` may be null; `want` may be 0; nothing is done twice and nothing is left half-done.
-- Plans are pinned: every statement goes by its indexes whatever the statistics say, or a table just filled would flip them.
CREATE FUNCTION drawloom.tick(claimer uuid, results jsonb, outputs jsonb, want int, OUT refused bigint[], OUT work jsonb, OUT contended boolean)
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
SET enable_material = off
-- and every join goes in the order it is written. (LATERAL … OFFSET 0 below: a key that comes from two tables is looked up as a
-- whole, and the row found is changed by its place; over tables that seemed small the planner took the first column alone, and
-- read every edge of a plan for each of its nodes, or went through all runs for each run that ended. Whoever changes a row of
-- run, node_run or lease outside of here holds its run, so that no place moves between the look and the change.)
SET join_collapse_limit = 1
SET jit = off
AS $$
DECLARE
  touched drawloom.node_change[] := '{}';
  runs bigint[] := '{}';
  more drawloom.node_change[];
  more_runs bigint[];
BEGIN
  PERFORM pg_advisory_xact_lock_shared(tick_lock());
  refused := '{}'; work := '[]'; contended := false;
  IF results IS NOT NULL THEN
    SELECT f.refused, f.touched, f.runs INTO refused, touched, runs FROM finish(results, outputs) f;
  END IF;
  IF EXISTS (SELECT FROM timer WHERE due_at <= now()) THEN
    SELECT d.queued INTO more FROM promote_due() d;
    touched := touched || more;
  END IF;
  IF want > 0 THEN
    SELECT c.work, c.touched, c.runs, c.contended INTO work, more, more_runs, contended FROM claim(claimer, want) c;
    touched := touched || more;
    runs := runs || more_runs;
  END IF;
  PERFORM tell(touched, runs);
END $$;
--> statement-breakpoint

-- A worker says that it lives and which fences it holds; it is told which of them are to be killed: those that someone
-- cancelled, and those that are no longer its own. Leases it does not know of (the answer that brought them got lost) go back.
CREATE FUNCTION drawloom.beat(beater uuid, held bigint[], OUT known boolean, OUT cancelled bigint[], OUT gone bigint[])
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  orphans jsonb;
BEGIN
  UPDATE worker SET last_beat = clock_timestamp() WHERE id = beater AND stopped_at IS NULL;
  known := FOUND;
  SELECT coalesce(array_agg(l.fence) FILTER (WHERE l.cancelled AND l.fence = ANY (held)), '{}'),
    jsonb_agg(jsonb_build_object('run', l.run_id, 'node', l.node, 'mapIndex', l.map_index, 'fence', l.fence, 'reason', 'cancelled'))
      FILTER (WHERE l.fence <> ALL (held) AND l.claimed_at < clock_timestamp() - interval '10 seconds'),
    coalesce((SELECT array_agg(h) FROM unnest(held) h WHERE h <> ALL (coalesce(array_agg(l.fence), '{}'))), '{}')
  INTO cancelled, orphans, gone FROM lease l WHERE l.worker_id = beater;
  IF orphans IS NOT NULL THEN
    PERFORM tick(NULL, orphans, NULL, 0);
  END IF;
END $$;
--> statement-breakpoint

-- Takes back what dead workers held. The lease falls under its own fence, so it does not matter how many reapers there are, nor
-- whether the worker wakes up in the middle of it. Returns how many attempts were lost.
CREATE FUNCTION drawloom.reap() RETURNS int
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  lost jsonb;
BEGIN
  SELECT jsonb_agg(jsonb_build_object('run', d.run_id, 'node', d.node, 'mapIndex', d.map_index, 'fence', d.fence, 'reason', 'lost',
      'error', jsonb_build_object('message', 'The worker went away: ' || coalesce('its last sign of life was at ' || to_char(d.last_beat AT TIME ZONE 'UTC', 'HH24:MI:SS') || ' UTC.', 'nothing is known of it.'))))
  INTO lost FROM (
    SELECT l.*, w.last_beat FROM lease l LEFT JOIN worker w ON w.id = l.worker_id
    WHERE w.id IS NULL OR w.stopped_at IS NOT NULL -- Nobody can beat while the database is away: the time counts from its start.
      OR greatest(w.last_beat, pg_postmaster_start_time()) + w.ttl_ms * interval '1 millisecond' < clock_timestamp()
    ORDER BY l.run_id, l.node LIMIT 5000
  ) d;
  IF lost IS NULL THEN RETURN 0; END IF;
  PERFORM tick(NULL, lost, NULL, 0);
  RETURN jsonb_array_length(lost);
END $$;
--> statement-breakpoint

-- Ends a run before its time. What does not run yet is cancelled at once; what runs is told so with its worker's next beat, and
-- the run is cancelled only when each of these was reported dead. False: there is no such run, or it is over.
CREATE FUNCTION drawloom.cancel(which bigint, by text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  stopped drawloom.node_change[];
BEGIN
  PERFORM pg_advisory_xact_lock(tick_lock());
  UPDATE run SET status = 'cancelling', cancel_gen = cancel_gen + 1, cancelled_by = coalesce(cancelled_by, by)
  WHERE id = which AND finished_at IS NULL;
  IF NOT FOUND THEN RETURN false; END IF;
  DELETE FROM ready WHERE run_id = which;
  DELETE FROM timer WHERE run_id = which;
  DELETE FROM cache_waiter WHERE run_id = which;
  UPDATE lease SET cancelled = true WHERE run_id = which;
  WITH moved AS (
    UPDATE node_run n SET status = 'cancelled', reason = 'cancelled', finished_at = now()
    WHERE n.run_id = which AND n.status IN ('pending', 'queued', 'waiting') RETURNING n.run_id, n.node, n.map_index, n.attempt
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'cancelled', m.attempt, 'cancelled', NULL)::node_change), '{}') INTO stopped FROM moved m;
  UPDATE run SET remaining = remaining - cardinality(stopped),
    finished_at = CASE WHEN remaining = cardinality(stopped) THEN now() END,
    status = CASE WHEN remaining = cardinality(stopped) THEN 'cancelled'::run_status ELSE status END
  WHERE id = which;
  PERFORM tell(stopped, ARRAY[which]);
  PERFORM pg_notify('drawloom_cancel', which::text);
  RETURN true;
END $$;
--> statement-breakpoint

-- What must never be. No rows after anything, at any moment between two commits.
CREATE FUNCTION drawloom.violations() RETURNS TABLE (rule text, run_id bigint, node int, map_index int, detail text)
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  SELECT 'a running node has a lease under its fence', n.run_id, n.node, n.map_index, format('fence %s', n.fence)
  FROM node_run n LEFT JOIN lease l USING (run_id, node, map_index)
  WHERE n.status = 'running' AND (l.fence IS DISTINCT FROM n.fence OR l.attempt IS DISTINCT FROM n.attempt)
  UNION ALL
  SELECT 'a lease belongs to a running node', l.run_id, l.node, l.map_index, coalesce(n.status::text, 'no node run')
  FROM lease l LEFT JOIN node_run n USING (run_id, node, map_index) WHERE n.status IS DISTINCT FROM 'running'
  UNION ALL
  SELECT 'a lease has a worker', l.run_id, l.node, l.map_index, l.worker_id::text
  FROM lease l LEFT JOIN worker w ON w.id = l.worker_id WHERE w.id IS NULL
  UNION ALL
  SELECT 'a node that did well has one good attempt, its last, under its fence', n.run_id, n.node, n.map_index, format('%s good', g.good)
  FROM node_run n CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.reason = 'ok') AS good, count(*) FILTER (WHERE a.reason = 'ok' AND a.attempt = n.attempt AND a.fence = n.fence) AS last
    FROM attempt a WHERE a.run_id = n.run_id AND a.node = n.node AND a.map_index = n.map_index
  ) g
  WHERE (n.status IN ('succeeded', 'reused') AND (g.good <> 1 OR g.last <> 1)) OR (n.status NOT IN ('succeeded', 'reused') AND g.good > 0)
  UNION ALL
  SELECT 'every attempt that ended is on record, once', n.run_id, n.node, n.map_index, format('%s of %s', a.ended, n.attempt)
  FROM node_run n CROSS JOIN LATERAL (
    SELECT count(*) AS ended FROM attempt a WHERE a.run_id = n.run_id AND a.node = n.node AND a.map_index = n.map_index
  ) a
  WHERE a.ended <> n.attempt - (n.status = 'running')::int
  UNION ALL
  SELECT 'a queued node is ready, and nothing else is', coalesce(n.run_id, r.run_id), coalesce(n.node, r.node), coalesce(n.map_index, r.map_index), n.status::text
  FROM (SELECT * FROM node_run WHERE status = 'queued') n FULL JOIN ready r USING (run_id, node, map_index)
  WHERE n.run_id IS NULL OR r.run_id IS NULL
  UNION ALL
  SELECT 'a waiting node waits for one thing', coalesce(n.run_id, w.run_id), coalesce(n.node, w.node), coalesce(n.map_index, w.map_index), w.things::text
  FROM (SELECT * FROM node_run WHERE status = 'waiting') n
  FULL JOIN (
    SELECT t.run_id, t.node, t.map_index, count(*) AS things FROM (
      SELECT t.run_id, t.node, t.map_index FROM timer t UNION ALL SELECT c.run_id, c.node, c.map_index FROM cache_waiter c
    ) t GROUP BY 1, 2, 3
  ) w USING (run_id, node, map_index)
  WHERE n.run_id IS NULL OR w.things IS DISTINCT FROM 1
  UNION ALL
  SELECT 'a pending node counts its unfinished parents, and has some', n.run_id, n.node, n.map_index, format('%s, in truth %s', n.deps_left, t.left)
  FROM node_run n JOIN run r ON r.id = n.run_id CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE p.status NOT IN ('succeeded', 'reused', 'failed', 'skipped', 'cancelled')) AS left
    FROM plan_edge e JOIN node_run p ON p.run_id = n.run_id AND p.node = e.src AND p.map_index = 0
    WHERE e.plan_id = r.plan_id AND e.dst = n.node
  ) t
  WHERE n.status = 'pending' AND (n.deps_left <> t.left OR t.left = 0)
  UNION ALL
  SELECT 'a node runs after its parents did well', n.run_id, n.node, n.map_index, p.status::text
  FROM node_run n JOIN run r ON r.id = n.run_id
  JOIN plan_edge e ON e.plan_id = r.plan_id AND e.dst = n.node
  JOIN node_run p ON p.run_id = n.run_id AND p.node = e.src AND p.map_index = 0
  WHERE n.attempt > 0 AND p.status NOT IN ('succeeded', 'reused')
  UNION ALL
  SELECT 'a run counts what is left and what failed, and is over when nothing is left', r.id, NULL, NULL,
    format('%s: remaining %s, in truth %s; failed %s, in truth %s', r.status, r.remaining, t.left, r.failed, t.failed)
  FROM run r CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE n.status NOT IN ('succeeded', 'reused', 'failed', 'skipped', 'cancelled')) AS left,
      count(*) FILTER (WHERE n.status = 'failed') AS failed
    FROM node_run n WHERE n.run_id = r.id
  ) t
  WHERE r.remaining <> t.left OR r.failed <> t.failed OR (t.left = 0) <> (r.finished_at IS NOT NULL)
    OR (r.finished_at IS NOT NULL) <> (r.status IN ('succeeded', 'failed', 'cancelled'))
    OR (r.status = 'succeeded' AND t.failed > 0)
  UNION ALL
  SELECT 'a key is filled by an attempt under way', e.run_id, e.node, e.map_index, e.key
  FROM cache_entry e LEFT JOIN lease l ON l.run_id = e.run_id AND l.node = e.node AND l.map_index = e.map_index
  WHERE e.state = 'filling' AND l.fence IS DISTINCT FROM e.fence
  UNION ALL
  SELECT 'who waits for a key waits for its filler', w.run_id, w.node, w.map_index, w.key
  FROM cache_waiter w LEFT JOIN cache_entry e USING (project_id, key) WHERE e.state IS DISTINCT FROM 'filling'
  UNION ALL
  SELECT 'only an accepted attempt has outputs', u.run_id, u.node, u.map_index, format('attempt %s', u.attempt)
  FROM artifact_use u LEFT JOIN attempt a USING (run_id, node, map_index, attempt)
  WHERE u.direction = 'out' AND a.reason IS DISTINCT FROM 'ok'
$$;
