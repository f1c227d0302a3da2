-- Runs that are wanted together: a row per nominal time, written before the first of them starts, so that a backfill survives whoever works on it.
CREATE TABLE "drawloom"."run_set" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"pipeline_id" uuid NOT NULL,
	"trigger_id" uuid,
	"name" text DEFAULT '' NOT NULL,
	"spec" jsonb NOT NULL,
	"from_at" timestamp with time zone NOT NULL,
	"until_at" timestamp with time zone NOT NULL,
	"parameters" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"version" integer,
	"concurrency" integer NOT NULL,
	"newest_first" boolean DEFAULT false NOT NULL,
	"reuse" boolean DEFAULT true NOT NULL,
	"status" text DEFAULT 'running' NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "drawloom"."fire" ALTER COLUMN "trigger_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "run_set_id" uuid;--> statement-breakpoint
ALTER TABLE "drawloom"."fire" ADD COLUMN "run_set_id" uuid;--> statement-breakpoint
ALTER TABLE "drawloom"."fire" ADD COLUMN "attempt" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."run_set" ADD CONSTRAINT "run_set_pipeline_id_pipeline_id_fk" FOREIGN KEY ("pipeline_id") REFERENCES "drawloom"."pipeline"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."run_set" ADD CONSTRAINT "run_set_trigger_id_trigger_id_fk" FOREIGN KEY ("trigger_id") REFERENCES "drawloom"."trigger"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "run_set_project" ON "drawloom"."run_set" USING btree ("project_id","created_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "run_set_running" ON "drawloom"."run_set" USING btree ("id") WHERE status = 'running';--> statement-breakpoint
ALTER TABLE "drawloom"."fire" ADD CONSTRAINT "fire_run_set_id_run_set_id_fk" FOREIGN KEY ("run_set_id") REFERENCES "drawloom"."run_set"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "fire_once_in_set" ON "drawloom"."fire" USING btree ("run_set_id","key");--> statement-breakpoint
CREATE INDEX "fire_in_set" ON "drawloom"."fire" USING btree ("run_set_id","state","nominal_at");--> statement-breakpoint
ALTER TABLE "drawloom"."fire" ADD CONSTRAINT "fire_source" CHECK (num_nonnulls("drawloom"."fire"."trigger_id", "drawloom"."fire"."run_set_id") = 1);