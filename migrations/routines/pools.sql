-- Pools: so many slots of something scarce, which the node runs of a project share, whatever run they are in. A slot is a row, held by
-- a fence and given back by that fence alone; nothing is counted up or down. Who finds no slot is parked in line, by priority and then
-- by when it was first ready. Who is let in holds its slots from then on, in `ready` still, under the fence that it will be claimed with:
-- so nobody who came later goes first, and one who wants many slots is not starved by many who want one.
-- Slots and the line change only under the pool's lock, and whoever gives slots back or leaves the line lets in who fits now.

-- Slots of node runs that just ended go back, and who waited for one is let in.
CREATE FUNCTION drawloom.give_back(ended drawloom.node_change[], fences bigint[], OUT queued drawloom.node_change[])
LANGUAGE plpgsql AS $$
DECLARE
  pools bigint[];
BEGIN
  queued := '{}';
  SELECT array_agg(DISTINCT o.id) INTO pools
  FROM unnest(ended) e
  JOIN run r ON r.id = e.run_id
  JOIN LATERAL (SELECT p.pool FROM plan_node p WHERE p.plan_id = r.plan_id AND p.node = e.node OFFSET 0) p ON p.pool IS NOT NULL
  JOIN pool o ON o.project_id = r.project_id AND o.name = p.pool;
  IF pools IS NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock(l.lock) FROM (SELECT DISTINCT pool_lock(u.pool) AS lock FROM unnest(pools) u (pool) ORDER BY 1) l;
  UPDATE slot SET fence = NULL WHERE fence = ANY (fences);
  SELECT l.queued INTO queued FROM let_in(pools) l;
END $$;

-- Lets in who is first in line, as far as they fit, and stops at the first that does not. Whoever calls holds the pools' locks, or keeps
-- all ticks away.
CREATE FUNCTION drawloom.let_in(pools bigint[], OUT queued drawloom.node_change[])
LANGUAGE plpgsql AS $$
DECLARE
  one record;
  who record;
  free int;
  new_fence bigint;
BEGIN
  queued := '{}';
  FOR one IN SELECT o.id, o.size FROM pool o WHERE o.id = ANY (pools) ORDER BY o.id LOOP
    -- What was held beyond a size that was lowered meanwhile.
    DELETE FROM slot s WHERE s.pool_id = one.id AND s.unit > one.size AND s.fence IS NULL;
    free := free_slots(one.id);
    CONTINUE WHEN free <= 0;
    FOR who IN
      SELECT p.ctid AS place, p.run_id, p.node, p.map_index, p.slots, p.priority, p.ready_id FROM parked p
      WHERE p.pool_id = one.id ORDER BY p.priority DESC, p.ready_id LIMIT free FOR UPDATE SKIP LOCKED
    LOOP
      EXIT WHEN who.slots > free;
      free := free - who.slots;
      new_fence := nextval('fence');
      PERFORM take_slots(one.id, who.slots, new_fence);
      DELETE FROM parked p WHERE p.ctid = who.place;
      INSERT INTO ready (id, run_id, node, map_index, priority, lane, fence) OVERRIDING SYSTEM VALUE
      VALUES (who.ready_id, who.run_id, who.node, who.map_index, who.priority, (SELECT r.lane FROM run r WHERE r.id = who.run_id), new_fence);
      UPDATE node_run n SET status = 'queued' WHERE n.run_id = who.run_id AND n.node = who.node AND n.map_index = who.map_index;
      queued := queued || ARRAY(
        SELECT (n.run_id, n.node, n.map_index, 'queued', n.attempt, n.reason, NULL)::node_change FROM node_run n
        WHERE n.run_id = who.run_id AND n.node = who.node AND n.map_index = who.map_index);
    END LOOP;
  END LOOP;
END $$;

CREATE FUNCTION drawloom.free_slots(which bigint) RETURNS int
LANGUAGE sql VOLATILE AS $$ -- each look sees what the same transaction did before
  SELECT o.size - (SELECT count(*)::int FROM drawloom.slot s WHERE s.pool_id = o.id AND s.fence IS NOT NULL) FROM drawloom.pool o WHERE o.id = which
$$;

CREATE FUNCTION drawloom.take_slots(which bigint, wanted int, holder bigint) RETURNS void
LANGUAGE sql VOLATILE AS $$
  UPDATE drawloom.slot s SET fence = holder WHERE s.ctid = ANY (ARRAY(
    SELECT f.ctid FROM drawloom.slot f WHERE f.pool_id = which AND f.fence IS NULL ORDER BY f.unit LIMIT wanted))
$$;

-- For the claim: which of the node runs that it met get their slots, and which go in line. Their fates, in the order in which they are to
-- begin, are changed accordingly; a pool that another tick holds is left to it. `used` are the pools that are held here now.
CREATE FUNCTION drawloom.seat(nodes drawloom.node_key[], places tid[], fences bigint[], names text[], INOUT fates text[], OUT used bigint[], OUT contended boolean)
LANGUAGE plpgsql AS $$
DECLARE
  one record;
  first record;
BEGIN
  used := '{}'; contended := false;
  FOR one IN
    SELECT k.place::int AS place, k.run_id, k.node, k.map_index, q.id AS ready_id, q.priority, q.fence AS granted, o.id AS pool_id, p.pool_slots
    FROM unnest(nodes) WITH ORDINALITY k (run_id, node, map_index, place)
    JOIN ready q ON q.ctid = places[k.place]
    JOIN run r ON r.id = k.run_id
    JOIN LATERAL (SELECT p.pool_slots FROM plan_node p WHERE p.plan_id = r.plan_id AND p.node = k.node OFFSET 0) p ON true
    JOIN pool o ON o.project_id = r.project_id AND o.name = names[k.place]
    WHERE names[k.place] IS NOT NULL ORDER BY k.place
  LOOP
    CONTINUE WHEN fates[one.place] <> 'claim' AND one.granted IS NULL;
    IF one.pool_id <> ALL (used) THEN
      IF NOT pg_try_advisory_xact_lock(pool_lock(one.pool_id)) THEN
        fates[one.place] := 'leave';
        contended := true;
        CONTINUE;
      END IF;
      used := used || one.pool_id;
    END IF;
    CONTINUE WHEN one.granted IS NOT NULL;
    SELECT p.priority, p.ready_id INTO first FROM parked p WHERE p.pool_id = one.pool_id ORDER BY p.priority DESC, p.ready_id LIMIT 1;
    IF (NOT FOUND OR first.priority < one.priority OR (first.priority = one.priority AND first.ready_id > one.ready_id))
      AND one.pool_slots <= free_slots(one.pool_id) THEN
      PERFORM take_slots(one.pool_id, one.pool_slots, fences[one.place]);
      CONTINUE;
    END IF;
    fates[one.place] := 'line';
    contended := true; -- behind it may be what is not of this pool
    INSERT INTO parked (run_id, node, map_index, kind, pool_id, slots, priority, ready_id)
    VALUES (one.run_id, one.node, one.map_index, 'pool', one.pool_id, one.pool_slots, one.priority, one.ready_id);
  END LOOP;
END $$;

-- Makes a pool, or changes its size. What holds slots beyond a smaller size keeps them to its end. Answers a run that is not over and has
-- a node that wants more slots than that; then nothing is changed.
CREATE FUNCTION drawloom.size_pool(project uuid, called text, wanted int, OUT pool bigint, OUT blocking bigint)
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  freed drawloom.node_change[];
BEGIN
  INSERT INTO pool AS o (project_id, name, size) VALUES (project, called, wanted)
  ON CONFLICT (project_id, name) DO UPDATE SET size = o.size RETURNING o.id INTO pool;
  SELECT u.run_id INTO blocking FROM pool_use(pool) u WHERE u.slots > wanted LIMIT 1;
  IF blocking IS NOT NULL THEN RETURN; END IF;
  PERFORM pg_advisory_xact_lock_shared(tick_lock());
  PERFORM pg_advisory_xact_lock(pool_lock(pool));
  UPDATE pool o SET size = wanted WHERE o.id = pool;
  INSERT INTO slot (pool_id, unit) SELECT pool, u FROM generate_series(1, wanted) u ON CONFLICT DO NOTHING;
  SELECT l.queued INTO freed FROM let_in(ARRAY[pool]) l;
  PERFORM tell(freed, '{}');
END $$;

-- Takes a pool away. Answers a run that is not over and has a node that wants it; then nothing is changed.
CREATE FUNCTION drawloom.remove_pool(project uuid, called text, OUT pool bigint, OUT blocking bigint)
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
BEGIN
  SELECT o.id INTO pool FROM pool o WHERE o.project_id = project AND o.name = called FOR UPDATE;
  IF pool IS NULL THEN RETURN; END IF;
  SELECT u.run_id INTO blocking FROM pool_use(pool) u LIMIT 1;
  IF blocking IS NOT NULL THEN RETURN; END IF;
  DELETE FROM slot s WHERE s.pool_id = pool;
  DELETE FROM pool o WHERE o.id = pool;
END $$;

-- Runs that are not over and have a node that wants the pool, or may start one that has: the oldest first, with the most slots that one
-- node wants. Whoever starts a run holds the pools of its plan until the run is there.
CREATE FUNCTION drawloom.pool_use(which bigint) RETURNS TABLE (run_id bigint, slots int)
LANGUAGE sql VOLATILE
SET search_path = drawloom, pg_temp
AS $$
  SELECT r.id, max(u.pool_slots)
  FROM pool o
  JOIN run r ON r.project_id = o.project_id AND r.finished_at IS NULL
  CROSS JOIN LATERAL planned_pools(r.plan_id) u
  WHERE o.id = which AND u.pool = o.name
  GROUP BY r.id ORDER BY r.id
$$;

-- The nodes of a plan that want slots, and of the plans that it runs as parts. `at` is the node of the plan itself.
CREATE FUNCTION drawloom.planned_pools(which bigint) RETURNS TABLE (at int, name text, pool text, pool_slots int)
LANGUAGE sql STABLE
SET search_path = drawloom, pg_temp
AS $$
  WITH RECURSIVE planned AS (
    SELECT which AS plan_id, NULL::int AS at
    UNION
    SELECT c.child_plan_id, coalesce(a.at, c.node) FROM planned a JOIN plan_child c ON c.plan_id = a.plan_id
  )
  SELECT coalesce(a.at, p.node), p.name, p.pool, p.pool_slots FROM planned a JOIN plan_node p ON p.plan_id = a.plan_id AND p.pool IS NOT NULL
$$;
