-- Runs that a node of another run starts: what a node runs, and of what a run is a part.
ALTER TYPE "drawloom"."attempt_reason" ADD VALUE 'child_failed' BEFORE 'parked';--> statement-breakpoint
CREATE TABLE "drawloom"."plan_child" (
	"plan_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"child_plan_id" bigint NOT NULL,
	"pipeline_id" uuid NOT NULL,
	"version_id" uuid NOT NULL,
	"parameters" jsonb NOT NULL,
	"timeout_ms" bigint,
	"loop_bound" integer,
	"loop_fails" boolean DEFAULT false NOT NULL,
	CONSTRAINT "plan_child_plan_id_node_pk" PRIMARY KEY("plan_id","node")
);
--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "parent_run" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "parent_node" integer;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "parent_map_index" integer;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "round" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_child" ADD CONSTRAINT "plan_child_plan_id_plan_id_fk" FOREIGN KEY ("plan_id") REFERENCES "drawloom"."plan"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_child" ADD CONSTRAINT "plan_child_child_plan_id_plan_id_fk" FOREIGN KEY ("child_plan_id") REFERENCES "drawloom"."plan"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "plan_node_interface" ON "drawloom"."plan_node" USING btree ("plan_id") WHERE type in ('pipeline-input', 'pipeline-output');--> statement-breakpoint
CREATE INDEX "run_children" ON "drawloom"."run" USING btree ("parent_run","parent_node","parent_map_index") WHERE parent_run is not null;