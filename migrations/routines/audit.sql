-- The audit is a chain: each row's hash covers its own content and the hash before it. One row at a time may be added, since two
-- at once would both follow the same row; nothing may be changed or taken out, by anybody who does not first drop these triggers.
CREATE FUNCTION drawloom.audit_hash(entry drawloom.audit) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(jsonb_build_array(
    entry.previous_hash, entry.id, (extract(epoch FROM entry.at) * 1000000)::bigint, entry.actor, entry.actor_name, entry.via,
    entry.action, entry.object, entry.project_id, entry.outcome, entry.details)::text, 'UTF8')), 'hex')
$$;

CREATE FUNCTION drawloom.audit_append() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  last record;
BEGIN
  PERFORM pg_advisory_xact_lock(drawloom.audit_lock());
  SELECT id, hash INTO last FROM drawloom.audit ORDER BY id DESC LIMIT 1;
  NEW.id := coalesce(last.id, 0) + 1;
  NEW.at := clock_timestamp();
  NEW.previous_hash := coalesce(last.hash, repeat('0', 64));
  NEW.hash := drawloom.audit_hash(NEW);
  RETURN NEW;
END
$$;

CREATE TRIGGER audit_append BEFORE INSERT ON drawloom.audit FOR EACH ROW EXECUTE FUNCTION drawloom.audit_append();

CREATE FUNCTION drawloom.audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit is only ever added to.' USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON drawloom.audit FOR EACH STATEMENT EXECUTE FUNCTION drawloom.audit_refuse();

-- The rows where the chain does not hold: altered, put in, or following one that is gone.
CREATE FUNCTION drawloom.audit_breaks() RETURNS TABLE (id bigint) LANGUAGE sql STABLE AS $$
  SELECT here.id FROM (
    SELECT audit AS entry, audit.id, audit.hash, audit.previous_hash,
      lag(audit.hash) OVER w AS before, lag(audit.id) OVER w AS before_id
    FROM drawloom.audit WINDOW w AS (ORDER BY audit.id)) here
  WHERE here.hash <> drawloom.audit_hash(here.entry)
    OR here.previous_hash <> coalesce(here.before, repeat('0', 64))
    OR here.id <> coalesce(here.before_id, 0) + 1
$$;
