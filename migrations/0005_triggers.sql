-- A schedule was a cron expression and nothing else. A trigger says on what a pipeline starts, and a fire what came of it each time.
CREATE TABLE "drawloom"."fire" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."fire_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"trigger_id" uuid NOT NULL,
	"key" text NOT NULL,
	"nominal_at" timestamp with time zone NOT NULL,
	"missed_from" timestamp with time zone,
	"due_at" timestamp with time zone NOT NULL,
	"state" text NOT NULL,
	"why" text,
	"problems" jsonb,
	"unwanted" boolean DEFAULT false NOT NULL,
	"run_id" bigint,
	"run_status" text,
	"noted_at" timestamp with time zone DEFAULT now() NOT NULL,
	"decided_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"ended_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "drawloom"."trigger" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"pipeline_id" uuid NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"spec" jsonb NOT NULL,
	"parameters" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer,
	"overlap" text DEFAULT 'skip' NOT NULL,
	"pause_on_failure" boolean DEFAULT false NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"paused" jsonb,
	"next_at" timestamp with time zone,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
INSERT INTO "drawloom"."trigger" (id, project_id, pipeline_id, spec, parameters, overlap, enabled, next_at, created_by, created_at, changed_at)
SELECT id, project_id, pipeline_id,
	jsonb_build_object('kind', 'cron', 'cron', cron, 'timeZone', time_zone, 'except', '[]'::jsonb, 'jitterSeconds', 0, 'catchUpSeconds', NULL),
	parameters, 'allow', enabled, next_at, created_by, created_at, changed_at
FROM "drawloom"."schedule";--> statement-breakpoint
INSERT INTO "drawloom"."fire" (trigger_id, key, nominal_at, due_at, state, problems, run_id, noted_at, started_at, ended_at)
SELECT schedule_id, to_char(nominal_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), nominal_at, nominal_at,
	CASE WHEN run_id IS NULL THEN 'refused' ELSE 'started' END, problems, run_id, fired_at,
	CASE WHEN run_id IS NOT NULL THEN fired_at END, CASE WHEN run_id IS NULL THEN fired_at END
FROM "drawloom"."schedule_fire" ORDER BY nominal_at;--> statement-breakpoint
DROP TABLE "drawloom"."schedule_fire" CASCADE;--> statement-breakpoint
DROP TABLE "drawloom"."schedule" CASCADE;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "trigger_id" uuid;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "nominal_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "drawloom"."fire" ADD CONSTRAINT "fire_trigger_id_trigger_id_fk" FOREIGN KEY ("trigger_id") REFERENCES "drawloom"."trigger"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."trigger" ADD CONSTRAINT "trigger_pipeline_id_pipeline_id_fk" FOREIGN KEY ("pipeline_id") REFERENCES "drawloom"."pipeline"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "fire_once" ON "drawloom"."fire" USING btree ("trigger_id","key");--> statement-breakpoint
CREATE INDEX "fire_history" ON "drawloom"."fire" USING btree ("trigger_id","nominal_at" DESC NULLS FIRST,"id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "fire_open" ON "drawloom"."fire" USING btree ("state","due_at") WHERE state in ('due', 'buffered', 'launching', 'started');--> statement-breakpoint
CREATE INDEX "fire_run" ON "drawloom"."fire" USING btree ("run_id");--> statement-breakpoint
CREATE INDEX "trigger_due" ON "drawloom"."trigger" USING btree ("next_at") WHERE enabled;--> statement-breakpoint
CREATE INDEX "trigger_pipeline" ON "drawloom"."trigger" USING btree ("pipeline_id");