-- How long a node waits after its n-th failure: growing by a factor up to a limit, or as the rule that let it go on says; a share of it
-- is left to chance, so that a thousand that failed together do not come back together. Never longer than the limit.
CREATE FUNCTION drawloom.retry_delay_ms(delay_ms bigint, factor float8, failures int, max_delay_ms bigint, jitter float8, by_rule_ms float8) RETURNS float8
LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(by_rule_ms, least(delay_ms * factor ^ least(failures - 1, 60), max_delay_ms)) * (1 - jitter * random())
$$;

-- What ended an attempt and is not over: it waits until it may be tried again, or for something that needs no worker, or can be done at once.
CREATE FUNCTION drawloom.go_on(touched drawloom.node_change[], parks text[], delays float8[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  WITH moved AS (
    UPDATE node_run n SET finished_at = NULL FROM (
      SELECT t.park, t.delay_ms, n.place, r.plan_id, r.priority, r.lane
      FROM unnest(touched, parks, delays) t (run_id, node, map_index, status, attempt, reason, cause, park, delay_ms)
      JOIN run r ON r.id = t.run_id
      JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = t.run_id AND n.node = t.node AND n.map_index = t.map_index OFFSET 0) n ON true
      WHERE t.status IN ('queued', 'waiting')
    ) t
    WHERE n.ctid = t.place
    RETURNING n.run_id, n.node, n.map_index, n.status, n.reason, n.failures, t.park, t.delay_ms, t.plan_id, t.priority, t.lane
  ), later AS (
    INSERT INTO timer (run_id, node, map_index, kind, due_at)
    SELECT m.run_id, m.node, m.map_index, 'retry',
      now() + retry_delay_ms(p.retry_delay_ms, p.retry_factor, m.failures, p.retry_max_delay_ms, p.retry_jitter, m.delay_ms) * interval '1 millisecond'
    FROM moved m
    JOIN LATERAL (SELECT * FROM plan_node p WHERE p.plan_id = m.plan_id AND p.node = m.node OFFSET 0) p ON true
    WHERE m.status = 'waiting' AND m.reason <> 'parked'
  ), aside AS (
    INSERT INTO parked (run_id, node, map_index, kind)
    SELECT m.run_id, m.node, m.map_index, m.park FROM moved m WHERE m.status = 'waiting' AND m.reason = 'parked'
  )
  INSERT INTO ready (run_id, node, map_index, priority, lane)
  SELECT m.run_id, m.node, m.map_index, m.priority, m.lane FROM moved m WHERE m.status = 'queued' ORDER BY m.run_id, m.node;
END $$;

-- Takes results in. A result counts while its lease stands under the very fence it was claimed with; whatever comes later
-- (a worker taken for dead that wakes up, a delivery made twice) changes no row, and `refused` names the fences that are to stop.
CREATE FUNCTION drawloom.finish(results jsonb, outputs jsonb, OUT refused bigint[], OUT touched drawloom.node_change[], OUT runs bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  fences bigint[];
  finals drawloom.node_change[];
  items drawloom.node_change[];
  mapping drawloom.node_key[];
  starting drawloom.node_key[];
  asking drawloom.node_key[];
  started record;
  parks text[]; -- beside `touched`, as are the delays
  delays float8[];
  unfinished boolean;
  itemised boolean;
  keyed boolean;
  reused boolean;
  pooled boolean;
  broken boolean;
  freed drawloom.node_change[];
  more drawloom.node_change[];
BEGIN
  PERFORM FROM run WHERE id = ANY (with_parents(ARRAY(SELECT DISTINCT (t.value ->> 'run')::bigint FROM jsonb_array_elements(results) t)))
  ORDER BY id FOR NO KEY UPDATE;

  WITH told AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(results) t (
      run bigint, node int, "mapIndex" int, fence bigint, reason attempt_reason, retry boolean, "exitCode" int, signal text,
      error jsonb, tier text, isolation text, "peakMemoryBytes" bigint, "cpuMs" float8, "wallMs" float8, "startMs" float8,
      "reusedFromRun" bigint, "reusedFromNode" int, "reusedFromMapIndex" int, park text,
      "retryDelayMs" float8)
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
      tier, isolation, peak_memory_bytes, cpu_ms, wall_ms, start_ms)
    SELECT h.run_id, h.node, h.map_index, h.attempt, h.fence, h.worker_id, h.claimed_at, now(), h.reason, h."exitCode", h.signal, h.error,
      h.tier, h.isolation, h."peakMemoryBytes", h."cpuMs", h."wallMs", h."startMs"
    FROM held h
  ), fate AS (
    SELECT h.*, n.place AS at, r.status = 'cancelling' AND NOT (p.finally AND r.cancel_gen = 1) AS stopping, p.retry_attempts, p.lost_attempts, p.pool
    FROM held h
    JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = h.run_id AND n.node = h.node AND n.map_index = h.map_index OFFSET 0) n ON true
    JOIN run r ON r.id = h.run_id
    JOIN LATERAL (SELECT p.finally, p.retry_attempts, p.lost_attempts, p.pool FROM plan_node p WHERE p.plan_id = r.plan_id AND p.node = h.node OFFSET 0) p ON true
  ), moved AS (
    UPDATE node_run n SET
      status = CASE
        WHEN f.reason = 'ok' AND f."reusedFromRun" IS NOT NULL THEN 'reused'
        WHEN f.reason = 'ok' THEN 'succeeded'
        WHEN f.stopping THEN 'cancelled'
        WHEN f.reason = 'parked' THEN 'waiting'
        WHEN f.reason = 'cancelled' THEN 'queued' -- handed back: nobody wished this run to end, its worker leaves
        WHEN f.reason = 'lost' THEN CASE WHEN n.lost < f.lost_attempts THEN 'queued' ELSE 'failed' END
        WHEN f.retry AND n.failures + 1 < f.retry_attempts THEN 'waiting'
        ELSE 'failed'
      END::node_run_status,
      reason = CASE WHEN f.reason <> 'ok' AND f.stopping THEN 'cancelled' ELSE f.reason END,
      failures = n.failures + (f.reason NOT IN ('ok', 'cancelled', 'lost', 'parked'))::int,
      lost = n.lost + (f.reason = 'lost')::int,
      reused_from_run = CASE WHEN f.reason = 'ok' THEN f."reusedFromRun" END,
      reused_from_node = CASE WHEN f.reason = 'ok' THEN f."reusedFromNode" END,
      reused_from_map_index = CASE WHEN f.reason = 'ok' THEN f."reusedFromMapIndex" END,
      finished_at = now()
    FROM fate f
    WHERE n.ctid = f.at
    RETURNING n.run_id, n.node, n.map_index, n.status, n.attempt, n.reason, n.fence, n.cache_key, f.pool, f.park, f."retryDelayMs"
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, m.status, m.attempt, m.reason, NULL)::node_change), '{}'), coalesce(array_agg(m.fence), '{}'),
    array_agg(m.park), array_agg(m."retryDelayMs"), coalesce(bool_or(m.status IN ('queued', 'waiting')), false), coalesce(bool_or(m.map_index > 0), false),
    coalesce(bool_or(m.cache_key IS NOT NULL), false), coalesce(bool_or(m.status = 'reused'), false), coalesce(bool_or(m.pool IS NOT NULL), false),
    coalesce(bool_or(m.reason NOT IN ('ok', 'parked')), false)
  INTO touched, fences, parks, delays, unfinished, itemised, keyed, reused, pooled, broken
  FROM moved m;

  runs := '{}';
  finals := touched;
  items := '{}';
  IF broken THEN
    PERFORM untell_items(touched);
  END IF;
  IF unfinished THEN
    PERFORM go_on(touched, parks, delays);
    SELECT coalesce(array_agg((t.run_id, t.node, t.map_index, t.status, t.attempt, t.reason, t.cause)::node_change) FILTER (WHERE t.status NOT IN ('queued', 'waiting')), '{}'),
      array_agg((t.run_id, t.node, t.map_index)::node_key) FILTER (WHERE t.reason = 'parked' AND t.park = 'map'),
      array_agg((t.run_id, t.node, t.map_index)::node_key) FILTER (WHERE t.reason = 'parked' AND t.park = 'child'),
      array_agg((t.run_id, t.node, t.map_index)::node_key) FILTER (WHERE t.reason = 'parked' AND t.park = 'approval')
    INTO finals, mapping, starting, asking
    FROM unnest(touched, parks) t (run_id, node, map_index, status, attempt, reason, cause, park);
  END IF;
  IF itemised THEN
    SELECT coalesce(array_agg(f) FILTER (WHERE f.map_index = 0), '{}'), coalesce(array_agg(f) FILTER (WHERE f.map_index > 0), '{}')
    INTO finals, items FROM unnest(finals) f;
  END IF;
  IF pooled THEN
    SELECT g.queued INTO freed FROM give_back(touched, fences) g;
  END IF;
  IF keyed THEN
    SELECT s.queued INTO more FROM settle_cache(touched) s;
  END IF;
  IF outputs IS NOT NULL OR reused THEN
    PERFORM record_outputs(touched, outputs);
  END IF;
  IF pooled THEN
    touched := touched || freed;
  END IF;
  IF keyed THEN
    touched := touched || more;
  END IF;
  IF starting IS NOT NULL THEN
    SELECT c.touched, c.finals, c.runs INTO started FROM start_children(starting, array_fill(1, ARRAY[cardinality(starting)])) c;
    touched := touched || started.touched;
    finals := finals || started.finals;
    runs := started.runs;
  END IF;
  IF asking IS NOT NULL THEN
    PERFORM ask_approvals(asking);
  END IF;
  IF mapping IS NOT NULL THEN
    SELECT c.touched, c.finals INTO started FROM start_maps(mapping) c;
    touched := touched || started.touched;
    finals := finals || started.finals;
  END IF;
  IF cardinality(items) > 0 THEN
    SELECT c.touched, c.finals INTO started FROM end_items(items) c;
    touched := touched || started.touched;
    finals := finals || started.finals;
  END IF;
  IF cardinality(finals) > 0 THEN
    started := advance(finals);
    touched := touched || started.touched;
    runs := runs || started.runs;
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
