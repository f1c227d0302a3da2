-- Sensors: where an ask stands on its trigger's row, and the pipeline of one node that asks are runs of.
DROP INDEX "drawloom"."pipeline_name";--> statement-breakpoint
ALTER TABLE "drawloom"."pipeline" ADD COLUMN "sensor_of" uuid;--> statement-breakpoint
ALTER TABLE "drawloom"."trigger" ADD COLUMN "cursor" jsonb;--> statement-breakpoint
ALTER TABLE "drawloom"."trigger" ADD COLUMN "asks" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."trigger" ADD COLUMN "asked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "drawloom"."trigger" ADD COLUMN "ask_run" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."trigger" ADD COLUMN "ask_failures" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "pipeline_sensor" ON "drawloom"."pipeline" USING btree ("sensor_of") WHERE sensor_of is not null;--> statement-breakpoint
CREATE INDEX "trigger_asking" ON "drawloom"."trigger" USING btree ("id") WHERE asked_at is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "pipeline_name" ON "drawloom"."pipeline" USING btree ("project_id","name") WHERE archived_at is null and sensor_of is null;