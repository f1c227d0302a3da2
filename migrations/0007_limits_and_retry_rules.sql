-- Retries with rules, a factor and chance; limits on the wait for a start and on a whole run, which are looked for only where one is set.
ALTER TYPE "drawloom"."attempt_reason" ADD VALUE 'queue_timeout' BEFORE 'oom';--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "retry_factor" double precision DEFAULT 2 NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "retry_jitter" double precision DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "retry_rules" jsonb DEFAULT '[]'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "queue_timeout_ms" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."plan" ADD COLUMN "timed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "reason" "drawloom"."attempt_reason";--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "timeout_ms" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "timed" boolean DEFAULT false NOT NULL;--> statement-breakpoint
CREATE INDEX "run_timed" ON "drawloom"."run" USING btree ("id") WHERE timed and finished_at is null;