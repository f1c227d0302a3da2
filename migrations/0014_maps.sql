-- Nodes that run once per item of a list: what the plan knows of it, and the row that counts the items.
ALTER TYPE "drawloom"."attempt_reason" ADD VALUE 'items_failed' BEFORE 'parked';--> statement-breakpoint
CREATE TABLE "drawloom"."map_group" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"attempt" integer NOT NULL,
	"port" text NOT NULL,
	"total" integer NOT NULL,
	"needed" integer NOT NULL,
	"let_in" integer DEFAULT 0 NOT NULL,
	"done" integer DEFAULT 0 NOT NULL,
	"good" integer DEFAULT 0 NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "map_group_run_id_node_pk" PRIMARY KEY("run_id","node")
);
--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "map_over" text;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "map_concurrency" integer;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "map_min_success_share" double precision DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."node_run" ADD COLUMN "reused_from_map_index" integer;