-- What events of programs outside add up to, in whichever order they come.

-- Facets that are there and facets that come: of each name, what was told latest. Two of the same moment are told apart by what they say,
-- so that the order of arrival never matters. What is oldest leaves when all of them together grow past what one thing may hold.
CREATE FUNCTION drawloom.added_facets(kept jsonb, told jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT coalesce(jsonb_object_agg(s.key, s.value), '{}') FROM (
    SELECT l.key, l.value, sum(length(l.value::text)) OVER (ORDER BY l.value ->> 'at' COLLATE "C" DESC, l.key COLLATE "C") AS size
    FROM (
      SELECT DISTINCT ON (e.key) e.key, e.value FROM (SELECT * FROM jsonb_each(kept) UNION ALL SELECT * FROM jsonb_each(told)) e
      ORDER BY e.key, e.value ->> 'at' COLLATE "C" DESC, e.value::text COLLATE "C" DESC) l) s
  WHERE s.size <= 2000000
$$;

-- A run that ended does not begin again, whatever is told late; among equals the later word counts.
CREATE FUNCTION drawloom.lineage_rank(state text) RETURNS int LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN state IN ('COMPLETE', 'FAIL', 'ABORT') THEN 2 WHEN state = 'OTHER' THEN 0 ELSE 1 END
$$;
