-- What follows from node runs that just became final, all the way: their children go or are left out, their runs count them, a run of
-- which nothing is left is over, one of which only finally-nodes are left lets these go, and a child run that is over ends the node run
-- that started it, which is final in its turn. Whoever calls holds these runs and all runs above them. `touched` holds what came of
-- it, without `given`; `runs` those that are over now, or were just started.
CREATE FUNCTION drawloom.advance(given drawloom.node_change[], OUT touched drawloom.node_change[], OUT runs bigint[])
LANGUAGE plpgsql AS $$
DECLARE
  finals drawloom.node_change[] := given;
  released record;
  queued drawloom.node_change[];
  over bigint[];
  ending bigint[];
  children bigint[];
  started bigint[];
BEGIN
  touched := '{}'; runs := '{}';
  WHILE cardinality(finals) > 0 LOOP
    released := release(finals);
    touched := touched || released.skipped || released.queued;
    finals := finals || released.skipped;
    WITH ended AS (
      SELECT f.*, r.place, r.finally_left
      FROM (
        SELECT f.run_id, count(*)::int AS nodes, (count(*) FILTER (WHERE f.status = 'failed'))::int AS failed
        FROM unnest(finals) f GROUP BY f.run_id
      ) f
      JOIN LATERAL (SELECT r.ctid AS place, r.finally_left FROM run r WHERE r.id = f.run_id OFFSET 0) r ON true
    ), moved AS (
      UPDATE run r SET
        remaining = r.remaining - e.nodes,
        failed = r.failed + e.failed,
        finally_left = CASE WHEN r.remaining - e.nodes > r.finally_left THEN r.finally_left ELSE 0 END,
        finished_at = CASE WHEN r.remaining = e.nodes THEN now() END,
        started_at = coalesce(r.started_at, now()),
        status = CASE
          WHEN r.remaining > e.nodes THEN CASE WHEN r.status = 'queued' THEN 'running' ELSE r.status END
          WHEN r.status = 'cancelling' AND EXISTS (SELECT FROM node_run n WHERE n.run_id = r.id AND n.status = 'cancelled')
            THEN CASE WHEN r.reason = 'timeout' THEN 'failed'::run_status ELSE 'cancelled' END
          WHEN r.failed + e.failed > 0 THEN 'failed'
          ELSE 'succeeded'
        END
      FROM ended e WHERE r.ctid = e.place
      RETURNING r.id, r.parent_run, r.finished_at IS NOT NULL AS over, e.finally_left > r.finally_left AS only_finally
    )
    SELECT coalesce(array_agg(m.id) FILTER (WHERE m.over), '{}'), array_agg(m.id) FILTER (WHERE m.only_finally),
      array_agg(m.id) FILTER (WHERE m.over AND m.parent_run IS NOT NULL)
    INTO over, ending, children FROM moved m;
    runs := runs || over;
    IF ending IS NOT NULL THEN
      touched := touched || release_finally(ending);
    END IF;
    finals := '{}';
    IF children IS NOT NULL THEN
      SELECT e.touched, e.finals, e.runs INTO queued, finals, started FROM end_children(children) e;
      touched := touched || queued;
      runs := runs || started;
    END IF;
  END LOOP;
END $$;
