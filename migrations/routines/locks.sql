-- The tick: results in, node runs finished under their fence, what follows released, the next work handed out; one call, one commit.
--
-- Lock order, which makes deadlocks impossible. Whoever ticks holds the tick lock shared; whoever turns a run over as a whole
-- (cancel), or forgets, holds it alone. Inside a tick only the head may wait: for run rows in the order of their ids (with
-- all runs above them, which are older), then for pools in order, then for cache keys in
-- order, then for blobs and artifacts in order. From there on nothing waits: ready rows, timers, pools and cache keys that another tick
-- holds are left to it. A map is counted by whoever holds its run row. A node run is only touched by whoever holds its run row, or its row in ready, timer, cache_waiter or parked.

CREATE FUNCTION drawloom.tick_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 4400002::bigint $$;

-- Held while a row of the audit is added, to the end of its transaction; another one than that of the ticks, which it would hold up.
CREATE FUNCTION drawloom.audit_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 4400004::bigint $$;

CREATE FUNCTION drawloom.cache_lock(project uuid, key text) RETURNS bigint LANGUAGE sql IMMUTABLE
AS $$ SELECT hashtextextended(project::text || key, 4400003) $$;

-- Held by whoever takes or gives back slots of a pool, or changes its line.
CREATE FUNCTION drawloom.pool_lock(pool bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT hashtextextended(pool::text, 4400005) $$;

-- Held while news are sorted: their order decides what is a failure, and what only one more.
CREATE FUNCTION drawloom.outbox_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 4400011::bigint $$;

-- Held while bytes that are nobody's are taken away: what one sweep set aside is not what another one left.
CREATE FUNCTION drawloom.bytes_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 4400012::bigint $$;

-- Held while a project's policy is carried out, so that two do not do the same work.
CREATE FUNCTION drawloom.retention_lock(project uuid) RETURNS bigint LANGUAGE sql IMMUTABLE
AS $$ SELECT hashtextextended(project::text, 4400013) $$;

-- Held, if it is free, by whoever writes down whose turn it was; whoever finds it taken leaves that out.
CREATE FUNCTION drawloom.turn_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 4400014::bigint $$;

-- Held while events are turned into what receivers of lineage are told, so that each is told once and in order.
CREATE FUNCTION drawloom.lineage_lock() RETURNS bigint LANGUAGE sql IMMUTABLE AS $$ SELECT 4400015::bigint $$;
