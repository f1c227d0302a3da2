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
    INSERT INTO ready (run_id, node, map_index, priority, lane)
    SELECT m.run_id, m.node, m.map_index, r.priority, r.lane FROM moved m JOIN run r ON r.id = m.run_id ORDER BY m.run_id, m.node
  )
  SELECT coalesce(array_agg((m.run_id, m.node, m.map_index, 'queued', m.attempt, m.reason, NULL)::node_change), '{}') INTO queued FROM moved m;
END $$;

-- Whether a worker with these tags carries out what needs those. The claim goes by it, and who is asked why a node waits.
CREATE FUNCTION drawloom.has_tags(tags text[], needs text) RETURNS boolean LANGUAGE sql IMMUTABLE
AS $$ SELECT needs = '' OR string_to_array(needs, ' ') <@ tags $$;

-- Where several projects have work, or some of it needs tags: up to `want` of what this worker can take. The project with the fewest
-- attempts under way goes first, of equal ones the one whose turn is longest ago; within a project priority and place decide. What
-- only others can take is not gone through, however much of it there is: the kinds of work are found by leaps over the index.
CREATE FUNCTION drawloom.take_turns(claimer uuid, want int, OUT picks drawloom.ready_pick[], OUT contended boolean)
LANGUAGE plpgsql AS $$
DECLARE
  chosen tid[];
  lanes int[];
  one int;
BEGIN
  WITH RECURSIVE kind AS (
    (SELECT r.needs, r.lane FROM ready r ORDER BY r.needs, r.lane LIMIT 1)
    UNION ALL
    SELECT n.needs, n.lane FROM kind k
    CROSS JOIN LATERAL (SELECT r.needs, r.lane FROM ready r WHERE (r.needs, r.lane) > (k.needs, k.lane) ORDER BY r.needs, r.lane LIMIT 1) n
  ), mine AS MATERIALIZED (
    SELECT k.needs, k.lane FROM kind k WHERE has_tags(coalesce((SELECT w.tags FROM worker w WHERE w.id = claimer), '{}'), k.needs)
  ), busy AS MATERIALIZED (
    SELECT r.lane, count(*) AS attempts FROM lease l JOIN LATERAL (SELECT r.lane FROM run r WHERE r.id = l.run_id OFFSET 0) r ON true GROUP BY r.lane
  ), candidate AS MATERIALIZED (
    SELECT c.*, row_number() OVER (PARTITION BY c.lane ORDER BY c.priority DESC, c.id) AS nth FROM mine m
    CROSS JOIN LATERAL (
      SELECT r.ctid AS place, r.lane, r.priority, r.id FROM ready r WHERE r.needs = m.needs AND r.lane = m.lane
      ORDER BY r.priority DESC, r.id LIMIT want
    ) c
  ), turned AS (
    SELECT c.place, c.lane, row_number() OVER (ORDER BY coalesce((SELECT b.attempts FROM busy b WHERE b.lane = c.lane), 0) + c.nth,
      coalesce((SELECT t.fence FROM turn t WHERE t.lane = c.lane), 0), c.lane) AS number
    FROM candidate c
  )
  SELECT array_agg(t.place ORDER BY t.number), array_agg(t.lane ORDER BY t.number) INTO chosen, lanes FROM turned t WHERE t.number <= want;
  contended := false;
  IF chosen IS NULL THEN RETURN; END IF;
  SELECT array_agg((p.id, p.priority, p.run_id, p.node, p.map_index, p.fence, p.place, p.needs, p.lane)::ready_pick) INTO picks FROM (
    SELECT r.id, r.priority, r.run_id, r.node, r.map_index, r.fence, r.ctid AS place, r.needs, r.lane FROM ready r
    WHERE r.ctid = ANY (chosen) FOR UPDATE SKIP LOCKED
  ) p;
  contended := coalesce(cardinality(picks), 0) < cardinality(chosen);
  IF pg_try_advisory_xact_lock(turn_lock()) THEN
    FOR one IN SELECT u.lane FROM unnest(lanes) WITH ORDINALITY u (lane, number) GROUP BY u.lane ORDER BY max(u.number) LOOP
      INSERT INTO turn (lane, fence) VALUES (one, nextval('fence')) ON CONFLICT (lane) DO UPDATE SET fence = excluded.fence;
    END LOOP;
  END IF;
END $$;

-- Hands out up to `want` of what can run. A node that is to go through items is never reused as a whole, its items are. Equal work that is under way elsewhere is waited for, not done twice; equal work that
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
  fates text[]; -- claim, wait, leave, park while its run is paused, and line when its pool is full
  pools text[];
  used bigint[];
  from_run bigint[];
  from_node int[];
  from_item int[];
  keyed boolean;
  picks drawloom.ready_pick[];
  kind record;
  astray boolean;
  entry record;
  one record;
BEGIN
  work := '[]'; touched := '{}'; runs := '{}'; contended := false;
  SELECT array_agg((p.id, p.priority, p.run_id, p.node, p.map_index, p.fence, p.place, p.needs, p.lane)::ready_pick) INTO picks FROM (
    SELECT r.id, r.priority, r.run_id, r.node, r.map_index, r.fence, r.ctid AS place, r.needs, r.lane FROM ready r
    ORDER BY r.needs, r.lane, r.priority DESC, r.id LIMIT want FOR UPDATE SKIP LOCKED
  ) p;
  -- As long as one project has work, and all of it is for any worker, this was all of it. Else what was found first is not what comes first.
  IF picks IS NULL THEN
    SELECT r.needs, r.lane INTO kind FROM ready r ORDER BY r.needs, r.lane LIMIT 1;
    IF NOT FOUND THEN RETURN; END IF;
  ELSE
    kind := picks[1];
  END IF;
  IF kind.needs <> '' OR EXISTS (SELECT FROM ready r WHERE (r.needs, r.lane) > ('', kind.lane)) THEN
    SELECT t.picks, t.contended INTO picks, contended FROM take_turns(claimer, want) t;
  END IF;
  IF picks IS NULL THEN RETURN; END IF;
  SELECT array_agg((p.run_id, p.node, p.map_index)::node_key ORDER BY p.priority DESC, p.id),
    array_agg(coalesce(p.fence, nextval('fence')) ORDER BY p.priority DESC, p.id),
    array_agg(r.project_id ORDER BY p.priority DESC, p.id), array_agg(r.plan_id ORDER BY p.priority DESC, p.id),
    array_agg(n.static_key ORDER BY p.priority DESC, p.id), array_agg(n.reuse AND r.reuse AND (n.map_over IS NULL OR p.map_index > 0) AND (r.anew IS NULL OR p.node <> ALL (r.anew)) ORDER BY p.priority DESC, p.id),
    array_agg(CASE WHEN NOT n.finally AND (r.anew IS NULL OR p.node <> ALL (r.anew)) THEN r.replay_of END ORDER BY p.priority DESC, p.id),
    array_agg(p.place ORDER BY p.priority DESC, p.id), array_agg(n.pool ORDER BY p.priority DESC, p.id),
    array_agg(CASE WHEN n.needs <> p.needs THEN 'leave' WHEN r.paused_at IS NULL THEN 'claim' ELSE 'park' END ORDER BY p.priority DESC, p.id),
    bool_or(n.needs <> p.needs)
  INTO nodes, fences, projects, plans, statics, reusable, replays, places, pools, fates, astray
  FROM unnest(picks) p
  JOIN run r ON r.id = p.run_id
  JOIN LATERAL (SELECT n.static_key, n.reuse, n.map_over, n.finally, n.pool, n.needs FROM plan_node n WHERE n.plan_id = r.plan_id AND n.node = p.node OFFSET 0) n ON true;
  IF nodes IS NULL THEN RETURN; END IF;

  IF array_remove(pools, NULL) <> '{}' THEN
    SELECT s.fates, s.used, s.contended OR claim.contended INTO fates, used, contended FROM seat(nodes, places, fences, pools, fates) s;
  END IF;

  keyed := array_remove(statics, NULL) <> '{}';
  IF keyed THEN
    keys := array_fill(NULL::text, ARRAY[cardinality(nodes)]);
    from_run := array_fill(NULL::bigint, ARRAY[cardinality(nodes)]);
    from_node := array_fill(NULL::int, ARRAY[cardinality(nodes)]);
    from_item := from_node;
    -- The name of the work: what the plan knew, and what arrived.
    FOR one IN
      SELECT k.place, k.static_key, coalesce(string_agg(format('%s %s %s %s', a.port, a.position, f.kind, f.sha256) || coalesce(' ' || to_json(a.item_name), ''), E'\n' ORDER BY a.port COLLATE "C", a.position) FILTER (WHERE a.port IS NOT NULL), '') AS digests
      FROM (SELECT u.place, u.run_id, u.node, u.map_index, statics[u.place] AS static_key
        FROM unnest(nodes) WITH ORDINALITY u (run_id, node, map_index, place) WHERE statics[u.place] IS NOT NULL) k
      LEFT JOIN LATERAL arrivals(ARRAY[(k.run_id, k.node, k.map_index)::node_key]) a ON true -- one by one: nothing here can be hashed
      LEFT JOIN artifact f ON f.id = a.artifact_id
      GROUP BY k.place, k.static_key
    LOOP
      keys[one.place] := encode(sha256(convert_to(one.static_key || E'\n' || one.digests, 'UTF8')), 'hex');
    END LOOP;

    FOR one IN SELECT k.key, k.place::int AS place FROM unnest(keys) WITH ORDINALITY k (key, place) WHERE k.key IS NOT NULL ORDER BY k.key, k.place LOOP
      CONTINUE WHEN fates[one.place] <> 'claim';
      IF replays[one.place] IS NOT NULL THEN
        SELECT coalesce(n.reused_from_run, n.run_id) AS run_id, coalesce(n.reused_from_node, n.node) AS node, coalesce(n.reused_from_map_index, n.map_index) AS map_index INTO entry FROM node_run n
        WHERE n.run_id = replays[one.place] AND n.node = nodes[one.place].node AND n.map_index = nodes[one.place].map_index
          AND n.status IN ('succeeded', 'reused') AND n.cache_key = one.key
          AND EXISTS (SELECT FROM run s WHERE s.id = n.run_id AND s.let_go_at IS NULL); -- what it gave is still kept
        IF FOUND THEN
          from_run[one.place] := entry.run_id;
          from_node[one.place] := entry.node;
          from_item[one.place] := entry.map_index;
          CONTINUE;
        END IF;
      END IF;
      CONTINUE WHEN NOT reusable[one.place];
      IF NOT pg_try_advisory_xact_lock(cache_lock(projects[one.place], one.key)) THEN
        fates[one.place] := 'leave';
        contended := true;
        CONTINUE;
      END IF;
      SELECT e.state, e.run_id, e.node, e.map_index INTO entry FROM cache_entry e WHERE e.project_id = projects[one.place] AND e.key = one.key;
      IF NOT FOUND THEN
        INSERT INTO cache_entry (project_id, key, state, fence, run_id, node, map_index, attempt)
        SELECT projects[one.place], one.key, 'filling', fences[one.place], n.run_id, n.node, n.map_index, n.attempt + 1
        FROM node_run n WHERE (n.run_id, n.node, n.map_index) = (nodes[one.place].run_id, nodes[one.place].node, nodes[one.place].map_index);
      ELSIF entry.state = 'ready' THEN
        from_run[one.place] := entry.run_id;
        from_node[one.place] := entry.node;
        from_item[one.place] := entry.map_index;
      ELSE
        fates[one.place] := 'wait';
      END IF;
    END LOOP;
  END IF;

  IF used <> '{}' THEN
    -- Who does not begin after all holds no slots, unless it was let in and is left for another tick.
    UPDATE slot s SET fence = NULL WHERE s.fence = ANY (ARRAY(
      SELECT fences[f.place] FROM unnest(fates) WITH ORDINALITY f (fate, place) JOIN ready q ON q.ctid = places[f.place]
      WHERE f.fate IN ('wait', 'park') OR (f.fate = 'leave' AND q.fence IS NULL)));
    IF NOT FOUND THEN used := '{}'; END IF;
  END IF;
  IF 'park' = ANY (fates) THEN
    INSERT INTO parked (run_id, node, map_index, kind, ready_id)
    SELECT r.run_id, r.node, r.map_index, 'paused', r.id FROM ready r
    WHERE r.ctid = ANY (ARRAY(SELECT places[f.place] FROM unnest(fates) WITH ORDINALITY f (fate, place) WHERE f.fate = 'park'));
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

  IF fates && '{park,line}' THEN
    UPDATE node_run n SET status = 'waiting'
    FROM unnest(nodes) WITH ORDINALITY k (run_id, node, map_index, place)
    WHERE n.run_id = k.run_id AND n.node = k.node AND n.map_index = k.map_index AND fates[k.place] IN ('park', 'line');
  END IF;

  WITH taken AS (
    UPDATE node_run n SET status = 'running', reason = NULL, attempt = n.attempt + 1, fence = k.fence, cache_key = k.key,
      started_at = coalesce(n.started_at, now())
    FROM (
      -- side by side, since the n-th of an array with texts or nulls is found by going through it
      SELECT k.*, n.place AS at FROM unnest(nodes, fates, fences, keys, plans, projects) WITH ORDINALITY k (run_id, node, map_index, fate, fence, key, plan, project, place)
      JOIN LATERAL (SELECT n.ctid AS place FROM node_run n WHERE n.run_id = k.run_id AND n.node = k.node AND n.map_index = k.map_index OFFSET 0) n ON true
      WHERE k.fate = 'claim'
    ) k
    WHERE n.ctid = k.at
    RETURNING n.run_id, n.node, n.map_index, n.attempt, n.fence, n.cache_key, k.plan, k.project, k.place
  ), leased AS (
    INSERT INTO lease (run_id, node, map_index, attempt, fence, worker_id, claimed_at)
    SELECT t.run_id, t.node, t.map_index, t.attempt, t.fence, claimer, now() FROM taken t
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object('run', t.run_id, 'node', t.node, 'mapIndex', t.map_index, 'attempt', t.attempt,
      'fence', t.fence, 'plan', t.plan, 'project', t.project, 'cacheKey', t.cache_key)
      ORDER BY t.place), '[]'),
    array_agg((t.run_id, t.node, t.map_index, 'running', t.attempt, NULL, NULL)::node_change)
  INTO work, touched FROM taken t;

  IF keyed AND work <> '[]' THEN
    INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name)
    SELECT a.run_id, a.node, a.map_index, n.attempt, 'in', a.port, a.position, a.artifact_id, a.item_name
    FROM arrivals(nodes) a
    JOIN node_run n ON n.run_id = a.run_id AND n.node = a.node AND n.map_index = a.map_index
    WHERE n.fence = ANY (fences) AND n.status = 'running';

    SELECT jsonb_agg(w.value || jsonb_build_object(
        'inputs', (
          SELECT jsonb_agg(artifact_json(u.artifact_id, u.port, u.position)
            || CASE WHEN u.item_name IS NULL THEN '{}' ELSE jsonb_build_object('itemName', u.item_name) END ORDER BY u.port, u.position)
          FROM artifact_use u WHERE u.run_id = (w.value ->> 'run')::bigint AND u.node = (w.value ->> 'node')::int
            AND u.map_index = (w.value ->> 'mapIndex')::int AND u.attempt = (w.value ->> 'attempt')::int AND u.direction = 'in'),
        'reuse', CASE WHEN from_run[k.place] IS NOT NULL THEN candidate_json(from_run[k.place], from_node[k.place], from_item[k.place]) END))
    INTO work
    FROM jsonb_array_elements(work) w, LATERAL (SELECT array_position(fences, (w.value ->> 'fence')::bigint)) k (place);
  END IF;
  touched := coalesce(touched, '{}');
  IF fates && '{wait,park,line}' THEN
    touched := touched || ARRAY(
      SELECT (n.run_id, n.node, n.map_index, 'waiting', n.attempt, n.reason, NULL)::node_change
      FROM unnest(nodes) WITH ORDINALITY k (run_id, node, map_index, place)
      JOIN node_run n ON n.run_id = k.run_id AND n.node = k.node AND n.map_index = k.map_index WHERE fates[k.place] IN ('wait', 'park', 'line'));
  END IF;
  IF used <> '{}' THEN
    touched := touched || (SELECT l.queued FROM let_in(used) l);
  END IF;

  -- From now on among what needs the same, where only workers that have it look.
  IF astray THEN
    UPDATE ready r SET needs = k.needs FROM (
      SELECT k.place, p.needs FROM unnest(picks) k
      JOIN run q ON q.id = k.run_id
      JOIN LATERAL (SELECT p.needs FROM plan_node p WHERE p.plan_id = q.plan_id AND p.node = k.node OFFSET 0) p ON p.needs <> k.needs
    ) k
    WHERE r.ctid = k.place;
    contended := true;
  END IF;

  -- Left alone when someone else holds the run: then it is being started there, or is past its start.
  WITH started AS (
    UPDATE run r SET status = 'running', started_at = now() FROM (
      SELECT q.ctid AS place FROM run q WHERE q.id = ANY (ARRAY(SELECT DISTINCT k.run_id FROM unnest(touched) k)) AND q.status = 'queued' AND q.paused_at IS NULL
      FOR NO KEY UPDATE SKIP LOCKED
    ) q WHERE r.ctid = q.place RETURNING r.id
  )
  SELECT coalesce(array_agg(s.id), '{}') INTO runs FROM started s;
END $$;
