-- Notes runs whose spans are to be sent, while somebody wants traces.
CREATE FUNCTION drawloom.note_trace() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM drawloom.trace_wish w WHERE w.said_at > now() - interval '1 day') THEN
    INSERT INTO drawloom.trace (run_id) VALUES (NEW.id) ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER note_trace AFTER UPDATE OF status ON drawloom.run FOR EACH ROW
WHEN (OLD.finished_at IS NULL AND NEW.finished_at IS NOT NULL)
EXECUTE FUNCTION drawloom.note_trace();
