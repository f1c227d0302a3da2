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
  SELECT 'what is ready stands in the lane of its project, and among what needs the same, if it was sorted out', d.run_id, d.node, d.map_index,
    format('lane %s, needs "%s"', d.lane, d.needs)
  FROM ready d JOIN run r ON r.id = d.run_id JOIN project o ON o.id = r.project_id JOIN plan_node p ON p.plan_id = r.plan_id AND p.node = d.node
  WHERE d.lane <> o.lane OR r.lane <> o.lane OR d.needs NOT IN ('', p.needs)
  UNION ALL
  SELECT 'an attempt is in the hands of a worker that has what it needs', l.run_id, l.node, l.map_index, p.needs
  FROM lease l JOIN worker w ON w.id = l.worker_id JOIN run r ON r.id = l.run_id JOIN plan_node p ON p.plan_id = r.plan_id AND p.node = l.node
  WHERE NOT has_tags(w.tags, p.needs)
  UNION ALL
  SELECT 'a waiting node waits for one thing', coalesce(n.run_id, w.run_id), coalesce(n.node, w.node), coalesce(n.map_index, w.map_index), w.things::text
  FROM (SELECT * FROM node_run WHERE status = 'waiting') n
  FULL JOIN (
    SELECT t.run_id, t.node, t.map_index, count(*) AS things FROM (
      SELECT t.run_id, t.node, t.map_index FROM timer t UNION ALL SELECT c.run_id, c.node, c.map_index FROM cache_waiter c
      UNION ALL SELECT p.run_id, p.node, p.map_index FROM parked p
    ) t GROUP BY 1, 2, 3
  ) w USING (run_id, node, map_index)
  WHERE n.run_id IS NULL OR w.things IS DISTINCT FROM 1
  UNION ALL
  SELECT 'what is put aside for a pause belongs to a run that is paused', p.run_id, p.node, p.map_index, r.status::text
  FROM parked p JOIN run r ON r.id = p.run_id
  WHERE p.kind = 'paused' AND (r.paused_at IS NULL OR r.finished_at IS NOT NULL)
  UNION ALL
  SELECT 'a slot is held by an attempt under way, or by who was let in', coalesce(l.run_id, r.run_id), coalesce(l.node, r.node), coalesce(l.map_index, r.map_index),
    format('pool %s, slot %s, fence %s', s.pool_id, s.unit, s.fence)
  FROM slot s LEFT JOIN lease l ON l.fence = s.fence LEFT JOIN ready r ON r.fence = s.fence
  WHERE s.fence IS NOT NULL AND (l.fence IS NULL) = (r.fence IS NULL)
  UNION ALL
  SELECT 'who runs in a pool, or was let in, holds as many of its slots as its node wants, and nobody else holds any', h.run_id, h.node, h.map_index,
    format('%s of %s', t.held, coalesce(p.pool_slots, 0))
  FROM (SELECT l.run_id, l.node, l.map_index, l.fence FROM lease l UNION ALL SELECT r.run_id, r.node, r.map_index, r.fence FROM ready r WHERE r.fence IS NOT NULL) h
  JOIN run r ON r.id = h.run_id JOIN plan_node p ON p.plan_id = r.plan_id AND p.node = h.node
  LEFT JOIN pool o ON o.project_id = r.project_id AND o.name = p.pool
  CROSS JOIN LATERAL (SELECT count(*) AS held, count(*) FILTER (WHERE s.pool_id = o.id) AS right_ones FROM slot s WHERE s.fence = h.fence) t
  WHERE t.held <> t.right_ones OR t.held <> coalesce(p.pool_slots, 0)
  UNION ALL
  SELECT 'a pool has as many slots as its size, and beyond it only such as are held', NULL, NULL, NULL, format('pool %s: %s of %s', o.id, t.units, o.size)
  FROM pool o CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE s.unit <= o.size) AS units, count(*) FILTER (WHERE s.unit > o.size AND s.fence IS NULL) AS beyond FROM slot s WHERE s.pool_id = o.id
  ) t
  WHERE t.units <> o.size OR t.beyond > 0
  UNION ALL
  SELECT 'who is first in line for a pool does not fit', p.run_id, p.node, p.map_index, format('wants %s of %s', p.slots, free_slots(p.pool_id))
  FROM (SELECT DISTINCT ON (p.pool_id) p.* FROM parked p WHERE p.kind = 'pool' ORDER BY p.pool_id, p.priority DESC, p.ready_id) p
  WHERE p.slots <= free_slots(p.pool_id)
  UNION ALL
  SELECT 'who stands in line for a pool stands in the line of its own, and its run goes on', p.run_id, p.node, p.map_index, p.kind
  FROM parked p JOIN run r ON r.id = p.run_id JOIN plan_node n ON n.plan_id = r.plan_id AND n.node = p.node
  LEFT JOIN pool o ON o.project_id = r.project_id AND o.name = n.pool
  WHERE (p.kind = 'pool') <> (p.pool_id IS NOT NULL)
    OR (p.kind = 'pool' AND (p.pool_id IS DISTINCT FROM o.id OR p.slots IS DISTINCT FROM n.pool_slots OR r.paused_at IS NOT NULL))
  UNION ALL
  SELECT 'a node was decided as its rule decides, or counts its parents rightly and waits', n.run_id, n.node, n.map_index,
    format('%s; left %s failed %s skipped %s, in truth %s %s %s', n.status, n.deps_left, n.deps_failed, n.deps_skipped, t.remaining, t.failed, t.skipped)
  FROM node_run n JOIN run r ON r.id = n.run_id JOIN plan_node d ON d.plan_id = r.plan_id AND d.node = n.node CROSS JOIN LATERAL (
    SELECT (count(*) FILTER (WHERE o.outcome = 'left') + (d.finally AND r.finally_left > 0)::int)::int AS remaining,
      (count(*) FILTER (WHERE o.outcome = 'failed'))::int AS failed, (count(*) FILTER (WHERE o.outcome = 'skipped'))::int AS skipped
    FROM plan_edge e JOIN node_run p ON p.run_id = n.run_id AND p.node = e.src AND p.map_index = 0, LATERAL (
      SELECT CASE
        WHEN p.status NOT IN ('succeeded', 'reused', 'failed', 'skipped', 'cancelled') THEN 'left'
        WHEN p.status IN ('failed', 'cancelled') OR p.reason = 'upstream_failed' THEN 'failed'
        WHEN p.status = 'skipped' OR NOT carries(e.plan_id, e.src, e.dst, n.run_id, p.attempt) THEN 'skipped'
        ELSE 'good'
      END AS outcome
    ) o
    WHERE e.plan_id = r.plan_id AND e.dst = n.node
  ) t CROSS JOIN LATERAL (SELECT decide(d.trigger_rule, d.in_degree, t.remaining, t.failed, t.skipped) AS decision) c
  WHERE n.map_index = 0 AND CASE n.status
    WHEN 'pending' THEN (n.deps_left, n.deps_failed, n.deps_skipped) IS DISTINCT FROM (t.remaining, t.failed, t.skipped) OR c.decision <> 'wait'
    WHEN 'skipped' THEN c.decision <> CASE n.reason WHEN 'upstream_failed' THEN 'blocked' ELSE 'skip' END
    WHEN 'cancelled' THEN false
    ELSE c.decision <> 'run'
  END
  UNION ALL
  SELECT 'a run counts what is left and what failed, and is over when nothing is left', r.id, NULL, NULL,
    format('%s: remaining %s, in truth %s; failed %s, in truth %s', r.status, r.remaining, t.left, r.failed, t.failed)
  FROM run r CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE n.status NOT IN ('succeeded', 'reused', 'failed', 'skipped', 'cancelled')) AS left,
      count(*) FILTER (WHERE n.status = 'failed') AS failed
    FROM node_run n WHERE n.run_id = r.id AND n.map_index = 0 -- items are their map's
  ) t
  WHERE r.remaining <> t.left OR r.failed <> t.failed OR (t.left = 0) <> (r.finished_at IS NOT NULL)
    OR (r.finished_at IS NOT NULL) <> (r.status IN ('succeeded', 'failed', 'cancelled'))
    OR (r.status = 'succeeded' AND t.failed > 0)
  UNION ALL
  SELECT 'who waits for a child has one under way, and a child under way has who waits for it', coalesce(w.run_id, c.parent_run), coalesce(w.node, c.parent_node),
    coalesce(w.map_index, c.parent_map_index), format('%s under way', coalesce(c.children, 0))
  FROM (SELECT p.run_id, p.node, p.map_index FROM parked p WHERE p.kind = 'child') w
  FULL JOIN (
    SELECT r.parent_run, r.parent_node, r.parent_map_index, count(*) AS children FROM run r
    WHERE r.parent_run IS NOT NULL AND r.finished_at IS NULL GROUP BY 1, 2, 3
  ) c ON c.parent_run = w.run_id AND c.parent_node = w.node AND c.parent_map_index = w.map_index
  WHERE w.run_id IS NULL OR c.children IS DISTINCT FROM 1
  UNION ALL
  SELECT 'who waits for an approval has one that is open, and what is open has who waits for it', coalesce(w.run_id, a.run_id), coalesce(w.node, a.node),
    coalesce(w.map_index, a.map_index), format('approval %s', a.id)
  FROM (SELECT p.run_id, p.node, p.map_index FROM parked p WHERE p.kind = 'approval') w
  FULL JOIN (SELECT a.* FROM approval a WHERE a.status = 'open' AND a.run_id IS NOT NULL) a USING (run_id, node, map_index)
  WHERE w.run_id IS NULL OR a.id IS NULL
  UNION ALL
  SELECT 'an approval is decided as its answers say, or by its time before they decided it', a.run_id, a.node, a.map_index,
    format('approval %s is %s; %s of %s approved, %s rejected', a.id, a.status, t.yes, a.needed, t.no)
  FROM approval a CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE w.verdict = 'approve') AS yes, count(*) FILTER (WHERE w.verdict = 'reject') AS no FROM approval_answer w WHERE w.approval_id = a.id
  ) t CROSS JOIN LATERAL (SELECT CASE WHEN t.no > 0 THEN 'rejected' WHEN t.yes >= a.needed THEN 'approved' ELSE 'open' END AS decision) d
  WHERE t.yes > a.needed OR t.no > 1 OR (a.status = 'open') <> (a.decided_at IS NULL)
    OR CASE WHEN a.by_expiry OR a.status IN ('withdrawn', 'expired') THEN d.decision <> 'open' OR a.status = 'open' ELSE a.status <> d.decision END
  UNION ALL
  SELECT 'a node run ends as its approval was decided', a.run_id, a.node, a.map_index, format('%s, and %s', a.status, n.status)
  FROM approval a LEFT JOIN node_run n USING (run_id, node, map_index)
  WHERE a.run_id IS NOT NULL AND a.status <> 'open' AND (a.kind = 'node_run' OR a.status <> 'withdrawn') AND n.status IS DISTINCT FROM CASE a.status WHEN 'approved' THEN 'succeeded'::node_run_status WHEN 'withdrawn' THEN 'cancelled' ELSE 'failed' END
  UNION ALL
  SELECT 'a child is younger than its parent, and stands in its project', r.id, NULL, NULL, format('parent %s', r.parent_run)
  FROM run r LEFT JOIN run p ON p.id = r.parent_run WHERE r.parent_run IS NOT NULL AND (p.id IS NULL OR p.id >= r.id OR p.project_id <> r.project_id)
  UNION ALL
  SELECT 'who waits for its items has some under way, and a map that goes on has who waits for it', coalesce(w.run_id, g.run_id), coalesce(w.node, g.node), 0,
    format('%s let in, %s done', g.let_in, g.done)
  FROM (SELECT p.run_id, p.node FROM parked p WHERE p.kind = 'map') w
  FULL JOIN (
    SELECT g.* FROM map_group g JOIN node_run n ON n.run_id = g.run_id AND n.node = g.node AND n.map_index = 0
    WHERE n.status NOT IN ('succeeded', 'failed', 'cancelled') OR g.let_in > g.done
  ) g ON g.run_id = w.run_id AND g.node = w.node
  WHERE w.run_id IS NULL OR g.run_id IS NULL OR g.let_in = g.done
  UNION ALL
  SELECT 'a map counts its items, and no more of them are under way than may be', coalesce(g.run_id, t.run_id), coalesce(g.node, t.node), NULL,
    format('let in %s of %s, in truth %s; done %s, in truth %s; good %s, in truth %s; failed %s, in truth %s',
      g.let_in, g.total, t.items, g.done, t.done, g.good, t.good, g.failed, t.failed)
  FROM (
    SELECT g.*, coalesce(p.map_concurrency, map_window()) AS most FROM map_group g
    JOIN run r ON r.id = g.run_id JOIN plan_node p ON p.plan_id = r.plan_id AND p.node = g.node
  ) g FULL JOIN (
    SELECT n.run_id, n.node, count(*) AS items, max(n.map_index) AS last, count(*) FILTER (WHERE n.status IN ('succeeded', 'reused', 'failed', 'cancelled')) AS done,
      count(*) FILTER (WHERE n.status IN ('succeeded', 'reused')) AS good, count(*) FILTER (WHERE n.status = 'failed') AS failed
    FROM node_run n WHERE n.map_index > 0 GROUP BY n.run_id, n.node
  ) t USING (run_id, node)
  WHERE g.run_id IS NULL OR g.let_in > g.total OR g.let_in - g.done > g.most
    OR (g.let_in, g.let_in, g.done, g.good, g.failed) IS DISTINCT FROM (coalesce(t.items, 0), coalesce(t.last, 0), coalesce(t.done, 0), coalesce(t.good, 0), coalesce(t.failed, 0))
  UNION ALL
  SELECT 'a map that did well had enough good items, and gives what they gave', g.run_id, g.node, 0, format('%s of %s good, %s needed', g.good, g.total, g.needed)
  FROM map_group g JOIN node_run n ON n.run_id = g.run_id AND n.node = g.node AND n.map_index = 0
  WHERE n.status = 'succeeded' AND (g.done < g.total OR g.good < g.needed OR (
    SELECT array_agg(u.artifact_id ORDER BY u.port, u.position) FROM artifact_use u
    WHERE u.run_id = n.run_id AND u.node = n.node AND u.map_index = 0 AND u.attempt = n.attempt AND u.direction = 'out'
  ) IS DISTINCT FROM (
    SELECT array_agg(u.artifact_id ORDER BY u.port, i.map_index, u.position) FROM node_run i
    CROSS JOIN LATERAL (
      SELECT u.port, u.position, u.artifact_id FROM artifact_use u
      WHERE u.run_id = i.run_id AND u.node = i.node AND u.map_index = i.map_index AND u.attempt = i.attempt AND u.direction = 'out' OFFSET 0
    ) u
    WHERE i.run_id = n.run_id AND i.node = n.node AND i.map_index > 0 AND i.status IN ('succeeded', 'reused')))
  UNION ALL
  SELECT 'a key is filled by an attempt under way', e.run_id, e.node, e.map_index, e.key
  FROM cache_entry e LEFT JOIN lease l ON l.run_id = e.run_id AND l.node = e.node AND l.map_index = e.map_index
  WHERE e.state = 'filling' AND l.fence IS DISTINCT FROM e.fence
  UNION ALL
  SELECT 'who waits for a key waits for its filler', w.run_id, w.node, w.map_index, w.key
  FROM cache_waiter w LEFT JOIN cache_entry e USING (project_id, key) WHERE e.state IS DISTINCT FROM 'filling'
  UNION ALL
  SELECT 'only an accepted attempt has outputs, and only one that was parked for them, or tells them, has items', u.run_id, u.node, u.map_index, format('attempt %s', u.attempt)
  FROM artifact_use u LEFT JOIN attempt a USING (run_id, node, map_index, attempt)
  WHERE (u.direction = 'out' AND a.reason IS DISTINCT FROM 'ok') OR (u.direction = 'item' AND a.reason IS DISTINCT FROM 'parked'
    AND NOT EXISTS (SELECT FROM lease l WHERE (l.run_id, l.node, l.map_index, l.attempt) = (u.run_id, u.node, u.map_index, u.attempt)))
  UNION ALL
  SELECT 'who took work over gives what was given there', n.run_id, n.node, n.map_index, format('%s of %s', g.here, g.there)
  FROM node_run n
  JOIN node_run s ON s.run_id = n.reused_from_run AND s.node = n.reused_from_node AND s.map_index = coalesce(n.reused_from_map_index, n.map_index)
  CROSS JOIN LATERAL (
    SELECT (SELECT count(*) FROM artifact_use u WHERE (u.run_id, u.node, u.map_index, u.attempt) = (n.run_id, n.node, n.map_index, n.attempt) AND u.direction = 'out') AS here,
      (SELECT count(*) FROM artifact_use u WHERE (u.run_id, u.node, u.map_index, u.attempt) = (s.run_id, s.node, s.map_index, s.attempt) AND u.direction = 'out') AS there
  ) g
  WHERE n.status = 'reused' AND g.here <> g.there
  UNION ALL
  SELECT 'work that was taken over is on record where it was done', n.run_id, n.node, n.map_index, format('run %s node %s', n.reused_from_run, n.reused_from_node)
  FROM node_run n LEFT JOIN node_run s ON s.run_id = n.reused_from_run AND s.node = n.reused_from_node
    AND s.map_index = coalesce(n.reused_from_map_index, n.map_index)
  WHERE n.reused_from_run IS NOT NULL AND s.status IS DISTINCT FROM 'succeeded'
  UNION ALL
  SELECT 'what is on record belongs to a run', g.run_id, NULL, NULL, g.what
  FROM (
    SELECT DISTINCT n.run_id, 'node run' AS what FROM node_run n
    UNION ALL SELECT DISTINCT a.run_id, 'attempt' FROM attempt a
    UNION ALL SELECT DISTINCT u.run_id, 'use' FROM artifact_use u
    UNION ALL SELECT p.run_id, 'pin' FROM run_pin p
    UNION ALL SELECT a.run_id, 'approval' FROM approval a WHERE a.run_id IS NOT NULL
  ) g LEFT JOIN run r ON r.id = g.run_id WHERE r.id IS NULL
  UNION ALL
  SELECT 'a run that is forgotten is over, pinned by nobody and named by no key', r.id, NULL, NULL,
    CASE WHEN r.finished_at IS NULL THEN 'under way' WHEN p.run_id IS NOT NULL THEN 'pinned' WHEN f.run_id IS NULL THEN 'nothing says why' ELSE e.key END
  FROM run r LEFT JOIN run_pin p ON p.run_id = r.id LEFT JOIN cache_entry e ON e.run_id = r.id
  LEFT JOIN forgotten_run f ON f.run_id = r.id
  WHERE r.let_go_at IS NOT NULL
    AND (r.finished_at IS NULL OR e.key IS NOT NULL OR (r.leaving_at IS NOT NULL AND (p.run_id IS NOT NULL OR f.run_id IS NULL)))
  UNION ALL
  SELECT 'what a kept run read or gave has its bytes on record', u.run_id, u.node, u.map_index, format('artifact %s', u.artifact_id)
  FROM artifact_use u JOIN run r ON r.id = u.run_id LEFT JOIN artifact a ON a.id = u.artifact_id
  WHERE a.id IS NULL OR (r.let_go_at IS NULL AND (
    a.forgotten_at IS NOT NULL
    OR EXISTS (SELECT FROM artifact_member m WHERE m.artifact_id = a.id AND NOT EXISTS (SELECT FROM blob b WHERE b.sha256 = m.sha256))
    OR (a.kind NOT IN ('folder', 'model') AND NOT EXISTS (SELECT FROM blob b WHERE b.sha256 = a.sha256))))
$$;
