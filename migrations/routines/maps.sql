-- Maps: a node that runs once per item of a list. Its own node run (map_index 0) tells the items with its first attempt and is parked
-- from then on; the items are node runs 1 to N of the same node. They become rows a few at a time, under the run's row, and are no
-- part of what the run counts or of what the plan joins: the last of them ends the node run that stands for all, and only that is
-- released. An item is claimed, tried again, reused, paused and cancelled as any other node run is.

-- How many items of a map without a limit of its own are under way at once.
CREATE FUNCTION drawloom.map_window() RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT 1000 $$;

-- Keeps a window of the items that an attempt tells while it runs; the last window comes with its result. `held` is false when the attempt
-- is no longer the one that counts: nothing was kept. A window told twice is kept once. Nothing waits for more than one window.
CREATE FUNCTION drawloom.tell_items(run bigint, node int, fence bigint, items jsonb, OUT held boolean)
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
SET enable_material = off
SET join_collapse_limit = 1
SET jit = off
AS $$
DECLARE
  told int;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(tick_lock()); -- nothing of it is forgotten at this moment
  SELECT l.attempt INTO told FROM lease l
  WHERE l.run_id = tell_items.run AND l.node = tell_items.node AND l.map_index = 0 AND l.fence = tell_items.fence
  FOR SHARE; -- so that it cannot fall between the look and the write
  held := FOUND;
  IF held THEN
    PERFORM record_outputs(ARRAY[(run, node, 0, 'running', told, NULL, NULL)::node_change], items);
  END IF;
END $$;

-- Takes away what attempts had told as items and are not parked for: they failed, were lost or were stopped on the way.
CREATE FUNCTION drawloom.untell_items(ended drawloom.node_change[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM artifact_use u WHERE u.ctid = ANY (ARRAY(
    SELECT i.place FROM unnest(ended) e
    JOIN LATERAL (
      SELECT u.ctid AS place FROM artifact_use u
      WHERE u.run_id = e.run_id AND u.node = e.node AND u.map_index = 0 AND u.attempt = e.attempt AND u.direction = 'item' OFFSET 0
    ) i ON true
    WHERE e.map_index = 0 AND e.reason NOT IN ('ok', 'parked')));
END $$;

-- Begins the maps of these node runs, which were just parked; their items are on record.
CREATE FUNCTION drawloom.start_maps(parents drawloom.node_key[], OUT touched drawloom.node_change[], OUT finals drawloom.node_change[])
LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO map_group (run_id, node, attempt, port, total, needed)
  SELECT n.run_id, n.node, n.attempt, p.map_over, i.total, ceil(i.total * p.map_min_success_share::numeric)
  FROM unnest(parents) k
  JOIN run r ON r.id = k.run_id
  JOIN LATERAL (SELECT p.map_over, p.map_min_success_share FROM plan_node p WHERE p.plan_id = r.plan_id AND p.node = k.node OFFSET 0) p ON true
  JOIN LATERAL (SELECT n.run_id, n.node, n.attempt FROM node_run n WHERE n.run_id = k.run_id AND n.node = k.node AND n.map_index = 0 OFFSET 0) n ON true
  CROSS JOIN LATERAL (
    SELECT count(*)::int AS total FROM artifact_use u
    WHERE u.run_id = n.run_id AND u.node = n.node AND u.map_index = 0 AND u.attempt = n.attempt AND u.direction = 'item'
  ) i;
  SELECT g.touched, g.finals INTO touched, finals FROM go_on_maps(parents) g;
END $$;

-- Counts items that became final in their maps, which go on or end.
CREATE FUNCTION drawloom.end_items(items drawloom.node_change[], OUT touched drawloom.node_change[], OUT finals drawloom.node_change[])
LANGUAGE plpgsql AS $$
DECLARE
  maps drawloom.node_key[];
BEGIN
  WITH moved AS (
    UPDATE map_group g SET done = g.done + e.done, good = g.good + e.good, failed = g.failed + e.failed
    FROM (
      SELECT e.*, g.place FROM (
        SELECT i.run_id, i.node, count(*)::int AS done, (count(*) FILTER (WHERE i.status IN ('succeeded', 'reused')))::int AS good,
          (count(*) FILTER (WHERE i.status = 'failed'))::int AS failed
        FROM unnest(items) i GROUP BY i.run_id, i.node
      ) e
      JOIN LATERAL (SELECT g.ctid AS place FROM map_group g WHERE g.run_id = e.run_id AND g.node = e.node OFFSET 0) g ON true
    ) e
    WHERE g.ctid = e.place
    RETURNING g.run_id, g.node
  )
  SELECT array_agg((m.run_id, m.node, 0)::node_key ORDER BY m.run_id, m.node) INTO maps FROM moved m;
  SELECT g.touched, g.finals INTO touched, finals FROM go_on_maps(maps) g;
END $$;

-- Lets further items in, as many as may be under way; none when the map can only fail or is being cancelled. Where none is under way
-- then, the map is over: it did well if enough of its items did, and gives what these gave, in the order of the items.
CREATE FUNCTION drawloom.go_on_maps(maps drawloom.node_key[], OUT touched drawloom.node_change[], OUT finals drawloom.node_change[])
LANGUAGE plpgsql AS $$
DECLARE
  one record;
  outcome attempt_reason;
  next_status node_run_status;
  failure jsonb;
  new_fence bigint;
BEGIN
  finals := '{}';
  WITH room AS (
    SELECT m.run_id, m.node, g.place, g.let_in, r.priority, CASE
      WHEN r.status = 'cancelling' AND NOT (p.finally AND r.cancel_gen = 1) OR g.failed > g.total - g.needed THEN 0
      ELSE least(g.total - g.let_in, coalesce(p.map_concurrency, map_window()) - (g.let_in - g.done))
    END AS more
    FROM unnest(maps) m
    JOIN run r ON r.id = m.run_id
    JOIN LATERAL (SELECT p.finally, p.map_concurrency FROM plan_node p WHERE p.plan_id = r.plan_id AND p.node = m.node OFFSET 0) p ON true
    JOIN LATERAL (SELECT g.ctid AS place, g.* FROM map_group g WHERE g.run_id = m.run_id AND g.node = m.node OFFSET 0) g ON true
  ), counted AS (
    UPDATE map_group g SET let_in = g.let_in + r.more FROM room r WHERE g.ctid = r.place AND r.more > 0
  ), made AS (
    INSERT INTO node_run (run_id, node, map_index, status, deps_left, queued_at)
    SELECT r.run_id, r.node, i.item, 'queued', 0, now()
    FROM room r CROSS JOIN LATERAL generate_series(r.let_in + 1, r.let_in + r.more) i (item)
    RETURNING run_id, node, map_index
  ), put AS (
    INSERT INTO ready (run_id, node, map_index, priority, lane)
    SELECT m.run_id, m.node, m.map_index, r.priority, r.lane FROM made m JOIN run r ON r.id = m.run_id ORDER BY m.run_id, m.node, m.map_index
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'queued', 0, NULL, NULL)::node_change ORDER BY m.run_id, m.node, m.map_index), '{}')
  INTO touched FROM made m;

  FOR one IN
    SELECT g.*, n.place, n.attempt AS last_attempt, w.since, r.status = 'cancelling' AND NOT (p.finally AND r.cancel_gen = 1) AS stopping
    FROM unnest(maps) m
    JOIN run r ON r.id = m.run_id
    JOIN LATERAL (SELECT p.finally FROM plan_node p WHERE p.plan_id = r.plan_id AND p.node = m.node OFFSET 0) p ON true
    JOIN LATERAL (SELECT * FROM map_group g WHERE g.run_id = m.run_id AND g.node = m.node AND g.done = g.let_in OFFSET 0) g ON true
    JOIN LATERAL (SELECT n.ctid AS place, n.attempt FROM node_run n WHERE n.run_id = m.run_id AND n.node = m.node AND n.map_index = 0 OFFSET 0) n ON true
    JOIN LATERAL (SELECT w.since FROM parked w WHERE w.run_id = m.run_id AND w.node = m.node AND w.map_index = 0 AND w.kind = 'map' OFFSET 0) w ON true
    ORDER BY m.run_id, m.node
  LOOP
    failure := NULL;
    outcome := CASE
      WHEN one.done = one.total AND one.good >= one.needed AND one.good + one.failed = one.done THEN 'ok'
      WHEN one.stopping THEN 'cancelled'
      ELSE 'items_failed'
    END;
    IF outcome = 'items_failed' THEN
      SELECT jsonb_build_object('message', format('%s of %s items failed, and %s had to do well.%s The first was item %s%s',
        one.failed, one.total, one.needed, CASE WHEN one.done < one.total THEN format(' The last %s were not begun.', one.total - one.done) ELSE '' END,
        n.map_index, coalesce(': ' || left(a.error ->> 'message', 500), '.')))
      INTO failure
      FROM node_run n
      JOIN LATERAL (SELECT a.error FROM attempt a WHERE a.run_id = n.run_id AND a.node = n.node AND a.map_index = n.map_index AND a.attempt = n.attempt OFFSET 0) a ON true
      WHERE n.run_id = one.run_id AND n.node = one.node AND n.map_index > 0 AND n.status = 'failed'
      ORDER BY n.map_index LIMIT 1;
    END IF;
    next_status := CASE outcome WHEN 'ok' THEN 'succeeded' WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END;
    new_fence := nextval('fence');
    DELETE FROM parked w WHERE w.run_id = one.run_id AND w.node = one.node AND w.map_index = 0;
    INSERT INTO attempt (run_id, node, map_index, attempt, fence, worker_id, tier, claimed_at, finished_at, reason, error)
    VALUES (one.run_id, one.node, 0, one.last_attempt + 1, new_fence, house(), 'house', one.since, now(), outcome, failure);
    INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name)
    SELECT u.run_id, u.node, 0, one.last_attempt + 1, 'in', u.port, u.position, u.artifact_id, u.item_name FROM artifact_use u
    WHERE u.run_id = one.run_id AND u.node = one.node AND u.map_index = 0 AND u.attempt = one.last_attempt AND u.direction = 'in';
    IF outcome = 'ok' THEN
      INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name)
      SELECT one.run_id, one.node, 0, one.last_attempt + 1, 'out', u.port,
        row_number() OVER (PARTITION BY u.port ORDER BY n.map_index, u.position) - 1, u.artifact_id, i.item_name
      FROM node_run n
      LEFT JOIN LATERAL (
        SELECT i.item_name FROM artifact_use i
        WHERE i.run_id = n.run_id AND i.node = n.node AND i.map_index = 0 AND i.attempt = one.attempt AND i.direction = 'item' AND i.port = one.port
          AND i.position = n.map_index - 1 OFFSET 0
      ) i ON true
      JOIN LATERAL (
        SELECT u.port, u.position, u.artifact_id FROM artifact_use u
        WHERE u.run_id = n.run_id AND u.node = n.node AND u.map_index = n.map_index AND u.attempt = n.attempt AND u.direction = 'out' OFFSET 0
      ) u ON true
      WHERE n.run_id = one.run_id AND n.node = one.node AND n.map_index > 0 AND n.status IN ('succeeded', 'reused');
    END IF;
    UPDATE node_run n SET status = next_status, reason = outcome, attempt = one.last_attempt + 1, fence = new_fence,
      failures = n.failures + (outcome = 'items_failed')::int, finished_at = now()
    WHERE n.ctid = one.place;
    finals := finals || (one.run_id, one.node, 0, next_status, one.last_attempt + 1, outcome, NULL)::node_change;
  END LOOP;
  touched := touched || finals;
END $$;
