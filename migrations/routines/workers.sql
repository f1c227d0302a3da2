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
      'error', jsonb_build_object('known', jsonb_build_object('lastBeatAt', to_char(d.last_beat AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), 'message', 'The worker went away: ' || coalesce('its last sign of life was at ' || to_char(d.last_beat AT TIME ZONE 'UTC', 'HH24:MI:SS') || ' UTC.', 'nothing is known of it.'))))
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
