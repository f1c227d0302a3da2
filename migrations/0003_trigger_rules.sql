-- Rules by which a node runs, edges whose parent may give nothing, and nodes that run when all others ended. What was kept before is of the ordinary sort.
ALTER TYPE "drawloom"."attempt_reason" ADD VALUE 'upstream_failed' BEFORE 'parked';--> statement-breakpoint
ALTER TYPE "drawloom"."attempt_reason" ADD VALUE 'not_taken' BEFORE 'parked';--> statement-breakpoint
ALTER TABLE "drawloom"."plan_edge" ADD COLUMN "plain" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_input" ADD COLUMN "needed" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_input" ADD COLUMN "sure" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "finally" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."plan" ADD COLUMN "finally_count" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "finally_left" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "plan_node_finally" ON "drawloom"."plan_node" USING btree ("plan_id") WHERE finally;