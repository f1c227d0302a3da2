-- Approvals: what waits for people. A node run that asks for one is parked beside its row, and holds no worker. What decides an approval,
-- an answer or its time, decides the node run as well, in the same transaction: the house takes it under a fence of its own and brings
-- the result, as it does for whatever else ends without a worker. What the node gives then is in the store before (`record/approvals.ts`).

-- Asks for the approvals of these node runs, which were just parked for them.
CREATE FUNCTION drawloom.ask_approvals(nodes drawloom.node_key[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  asked bigint[];
BEGIN
  WITH made AS (
    INSERT INTO approval (project_id, kind, run_id, node, map_index, pipeline_id, title, text, form, needed, roles, people, own_allowed,
      asked_by, expires_at, on_expiry)
    SELECT r.project_id, 'node_run', k.run_id, k.node, k.map_index, r.pipeline_id, coalesce(nullif(p.parameters ->> 'title', ''), p.name),
      p.parameters ->> 'text', p.parameters -> 'form', (p.parameters ->> 'approvals')::int,
      ARRAY(SELECT jsonb_array_elements_text(p.parameters -> 'roles')), ARRAY(SELECT jsonb_array_elements_text(p.parameters -> 'people')),
      (p.parameters ->> 'ownAllowed')::boolean, r.created_by,
      now() + (p.parameters ->> 'expiresAfterHours')::float8 * interval '1 hour', p.parameters ->> 'onExpiry'
    FROM unnest(nodes) k
    JOIN run r ON r.id = k.run_id
    JOIN LATERAL (SELECT p.name, p.parameters FROM plan_node p WHERE p.plan_id = r.plan_id AND p.node = k.node AND p.type <> 'promote-model' OFFSET 0) p ON true
    RETURNING id
  ), prepared AS ( -- a promotion was written by the attempt, with the version that arrived
    UPDATE approval a SET status = 'open', decided_at = NULL, asked_at = now() FROM unnest(nodes) k
    WHERE a.run_id = k.run_id AND a.node = k.node AND a.map_index = k.map_index AND a.kind = 'promotion' RETURNING a.id
  ) SELECT array_agg(m.id) INTO asked FROM (SELECT m.id FROM made m UNION ALL SELECT p.id FROM prepared p) m;
  PERFORM tell_approvals(asked);
  INSERT INTO outbox (project_id, kind, pipeline_id, run_id, details, dedupe_key)
  SELECT a.project_id, 'approval', a.pipeline_id, a.run_id, jsonb_build_object('approval', a.id, 'title', a.title, 'text', a.text), format('approval %s', a.id)
  FROM approval a
  WHERE a.id = ANY (asked) AND EXISTS (SELECT FROM notification_rule r WHERE r.project_id = a.project_id AND r.enabled)
  ON CONFLICT DO NOTHING;
END $$;

-- Tells whoever watches that these changed.
CREATE FUNCTION drawloom.tell_approvals(which bigint[]) RETURNS void
LANGUAGE sql
SET search_path = drawloom, pg_temp
AS $$
  INSERT INTO event (project_id, run_id, payload)
  SELECT a.project_id, a.run_id, jsonb_build_object('kind', 'approval', 'approval', a.id, 'run', a.run_id, 'status', a.status)
  FROM approval a WHERE a.id = ANY (which) ORDER BY a.id
$$;

-- Holds what an approval decides, then the approval: in the order of all ticks.
CREATE FUNCTION drawloom.hold_approval(which bigint) RETURNS drawloom.approval
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  one approval;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(tick_lock());
  SELECT * INTO one FROM approval a WHERE a.id = which;
  IF one.run_id IS NOT NULL THEN
    PERFORM FROM run WHERE id = ANY (with_parents(ARRAY[one.run_id])) ORDER BY id FOR NO KEY UPDATE;
  END IF;
  IF one.kind = 'promotion' THEN
    PERFORM hold_promotion(which);
  END IF;
  SELECT * INTO one FROM approval a WHERE a.id = which FOR UPDATE;
  RETURN one;
END $$;

-- Takes a person's answer, and what the approval gives if this decides it (`given` says what they filled in; `outputs` are in the store). `seen` is how many answers that was made from.
-- Returns the state of the approval; or `again` when somebody else answered meanwhile, `twice` when this person had answered, `over` when
-- it was decided before or its time is up, `stale` when what a promotion was compared with moved, `gone` when there is none.
CREATE FUNCTION drawloom.answer_approval(which bigint, seen int, person uuid, person_name text, via text, verdict text, given jsonb, comment text, at timestamptz, outputs jsonb)
RETURNS text
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  one approval := hold_approval(which);
  before record;
  outcome text;
BEGIN
  IF one.id IS NULL THEN RETURN 'gone'; END IF;
  SELECT count(*) AS answers, count(*) FILTER (WHERE w.verdict = 'approve') AS approvals, coalesce(bool_or(w.person_id = person), false) AS twice
  INTO before FROM approval_answer w WHERE w.approval_id = which;
  IF before.twice THEN RETURN 'twice'; END IF;
  IF one.status <> 'open' OR is_expired(one) THEN RETURN 'over'; END IF;
  IF before.answers <> seen THEN RETURN 'again'; END IF;
  IF verdict = 'approve' AND one.kind = 'promotion' AND is_stale_promotion(which) THEN RETURN 'stale'; END IF;
  INSERT INTO approval_answer (approval_id, person_id, person_name, via, verdict, values, comment, at)
  VALUES (which, person, person_name, via, verdict, given, comment, at);
  outcome := CASE WHEN verdict = 'reject' THEN 'rejected' WHEN before.approvals + 1 >= one.needed THEN 'approved' ELSE 'open' END;
  UPDATE approval SET status = outcome, decided_at = CASE WHEN outcome <> 'open' THEN now() END WHERE id = which;
  PERFORM tell_approvals(ARRAY[which]);
  IF outcome = 'approved' AND one.kind = 'promotion' THEN PERFORM promote(which); END IF;
  IF outcome <> 'open' AND one.run_id IS NOT NULL THEN PERFORM end_gate(which, outputs); END IF;
  RETURN outcome;
END $$;

-- Whether the time of an approval is up. It does not pass while its run is paused.
CREATE FUNCTION drawloom.is_expired(one drawloom.approval) RETURNS boolean
LANGUAGE sql VOLATILE
SET search_path = drawloom, pg_temp
AS $$
  SELECT coalesce(one.expires_at <= now(), false) AND NOT EXISTS (SELECT FROM run r WHERE r.id = one.run_id AND r.paused_at IS NOT NULL)
$$;

-- Decides an approval whose time is up, as it was told to. False: it was answered meanwhile, or its time is not up.
CREATE FUNCTION drawloom.expire_approval(which bigint, seen int, outputs jsonb) RETURNS boolean
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  one approval := hold_approval(which);
BEGIN
  IF one.id IS NULL OR one.status <> 'open' OR NOT is_expired(one) OR seen <> (SELECT count(*) FROM approval_answer w WHERE w.approval_id = which) THEN
    RETURN false;
  END IF;
  UPDATE approval SET status = CASE on_expiry WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' ELSE 'expired' END, by_expiry = true, decided_at = now()
  WHERE id = which;
  PERFORM tell_approvals(ARRAY[which]);
  IF one.run_id IS NOT NULL THEN PERFORM end_gate(which, outputs); END IF;
  RETURN true;
END $$;

-- The time that a run stood still does not count for what it asks.
CREATE FUNCTION drawloom.prolong_approvals(runs bigint[]) RETURNS void
LANGUAGE sql
SET search_path = drawloom, pg_temp
AS $$
  UPDATE approval a SET expires_at = a.expires_at + (now() - greatest(r.paused_at, a.asked_at))
  FROM run r WHERE r.id = ANY (runs) AND r.paused_at IS NOT NULL AND a.run_id = r.id AND a.status = 'open' AND a.expires_at IS NOT NULL
$$;

-- Ends the node run that waited for an approval, which was just decided. Whoever calls holds its run and the runs above.
CREATE FUNCTION drawloom.end_gate(which bigint, outputs jsonb) RETURNS void
LANGUAGE plpgsql
SET search_path = drawloom, pg_temp
AS $$
DECLARE
  one record;
  new_fence bigint := nextval('fence');
  new_attempt int;
BEGIN
  SELECT a.*, w.ctid AS place, w.since, l.person_name, l.comment INTO STRICT one
  FROM approval a
  JOIN parked w ON w.run_id = a.run_id AND w.node = a.node AND w.map_index = a.map_index AND w.kind = 'approval'
  LEFT JOIN LATERAL (SELECT l.person_name, l.comment FROM approval_answer l WHERE l.approval_id = a.id AND l.verdict = 'reject' LIMIT 1) l ON true
  WHERE a.id = which;
  DELETE FROM parked w WHERE w.ctid = one.place;
  UPDATE node_run n SET status = 'running', reason = NULL, attempt = n.attempt + 1, fence = new_fence
  WHERE n.run_id = one.run_id AND n.node = one.node AND n.map_index = one.map_index RETURNING n.attempt INTO new_attempt;
  INSERT INTO lease (run_id, node, map_index, attempt, fence, worker_id, claimed_at)
  VALUES (one.run_id, one.node, one.map_index, new_attempt, new_fence, house(), one.since);
  INSERT INTO artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id, item_name)
  SELECT u.run_id, u.node, u.map_index, new_attempt, 'in', u.port, u.position, u.artifact_id, u.item_name FROM artifact_use u
  WHERE u.run_id = one.run_id AND u.node = one.node AND u.map_index = one.map_index AND u.attempt = new_attempt - 1 AND u.direction = 'in';
  PERFORM tick(house(), jsonb_build_array(jsonb_build_object('run', one.run_id, 'node', one.node, 'mapIndex', one.map_index, 'fence', new_fence, 'tier', 'house',
      'reason', CASE one.status WHEN 'approved' THEN 'ok' ELSE one.status END,
      'error', CASE WHEN one.status = 'rejected' AND one.by_expiry THEN jsonb_build_object('message', 'Nobody answered in time, which counts as a rejection here.')
        WHEN one.status = 'rejected' THEN jsonb_build_object('message', format('%s rejected it%s', one.person_name, coalesce(': ' || nullif(one.comment, ''), '.')))
        WHEN one.status = 'expired' THEN jsonb_build_object('message', format('%s of %s approvals came before its time was up.',
          (SELECT count(*) FROM approval_answer w WHERE w.approval_id = which), one.needed)) END)),
    CASE WHEN one.status = 'approved' THEN (
      SELECT jsonb_agg(o.value || jsonb_build_object('run', one.run_id, 'node', one.node, 'mapIndex', one.map_index, 'fence', new_fence))
      FROM jsonb_array_elements(outputs) o) END, 0);
END $$;
