-- Whoever asks for a backfill again with the same key is answered with the set that it made before.
ALTER TABLE "drawloom"."run_set" ADD COLUMN "idempotency_key" text;--> statement-breakpoint
CREATE UNIQUE INDEX "run_set_idempotency" ON "drawloom"."run_set" USING btree ("pipeline_id","idempotency_key") WHERE idempotency_key is not null;