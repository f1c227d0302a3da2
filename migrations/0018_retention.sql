-- How long things are kept, runs that are kept in any case, and what is left to say of those that went.
CREATE TABLE "drawloom"."forgotten_run" (
	"run_id" bigint PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"pipeline_id" uuid NOT NULL,
	"pipeline_version_id" uuid NOT NULL,
	"status" "drawloom"."run_status" NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone NOT NULL,
	"root_run" bigint NOT NULL,
	"why" text NOT NULL,
	"bound" integer NOT NULL,
	"forgotten_at" timestamp with time zone NOT NULL,
	"dropped_at" timestamp with time zone,
	"cleared" boolean DEFAULT false NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."retention_policy" (
	"project_id" uuid PRIMARY KEY NOT NULL,
	"run_days" integer DEFAULT 365,
	"runs_per_pipeline" integer DEFAULT 10000,
	"log_days" integer DEFAULT 90,
	"artifact_days" integer DEFAULT 180,
	"changed_by" text,
	"changed_at" timestamp with time zone,
	"forgotten_runs" bigint DEFAULT 0 NOT NULL,
	"forgotten_artifacts" bigint DEFAULT 0 NOT NULL,
	"forgotten_artifact_bytes" bigint DEFAULT 0 NOT NULL,
	"forgotten_log_bytes" bigint DEFAULT 0 NOT NULL,
	"last_pass_at" timestamp with time zone,
	CONSTRAINT "retention_policy_limits" CHECK ("drawloom"."retention_policy"."run_days" > 0 and "drawloom"."retention_policy"."runs_per_pipeline" > 0 and "drawloom"."retention_policy"."log_days" > 0 and "drawloom"."retention_policy"."artifact_days" > 0)
);
--> statement-breakpoint
CREATE TABLE "drawloom"."run_pin" (
	"run_id" bigint PRIMARY KEY NOT NULL,
	"project_id" uuid NOT NULL,
	"note" text DEFAULT '' NOT NULL,
	"pinned_by" text,
	"pinned_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "drawloom"."artifact" ADD COLUMN "seen_at" timestamp with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."artifact" ADD COLUMN "forgotten_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "let_go_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "leaving_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "logs_forgotten_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "drawloom"."retention_policy" ADD CONSTRAINT "retention_policy_project_id_project_id_fk" FOREIGN KEY ("project_id") REFERENCES "drawloom"."project"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "forgotten_run_uncleared" ON "drawloom"."forgotten_run" USING btree ("run_id") WHERE dropped_at is not null and not cleared;--> statement-breakpoint
CREATE INDEX "run_pin_project" ON "drawloom"."run_pin" USING btree ("project_id");--> statement-breakpoint
CREATE INDEX "plan_node_outside" ON "drawloom"."plan_node" USING btree ((key_parts ->> 'outside')) WHERE key_parts ->> 'outside' is not null;--> statement-breakpoint
CREATE INDEX "node_run_reused" ON "drawloom"."node_run" USING btree ("reused_from_run") WHERE reused_from_run is not null;--> statement-breakpoint
CREATE INDEX "run_plan" ON "drawloom"."run" USING btree ("plan_id");--> statement-breakpoint
CREATE INDEX "run_leaving" ON "drawloom"."run" USING btree ("project_id","id") WHERE leaving_at is not null;--> statement-breakpoint
-- Projects from now on are given theirs by a trigger.
INSERT INTO "drawloom"."retention_policy" ("project_id") SELECT "id" FROM "drawloom"."project";
