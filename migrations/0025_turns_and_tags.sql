-- Work is claimed by turns between projects and by what it needs of a worker: both stand in front of its order now.
CREATE TABLE "drawloom"."turn" (
	"lane" integer PRIMARY KEY NOT NULL,
	"fence" bigint NOT NULL
);
--> statement-breakpoint
DROP INDEX "drawloom"."ready_order";--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "needs" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."project" ADD COLUMN "lane" integer NOT NULL GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."project_lane_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1);--> statement-breakpoint
ALTER TABLE "drawloom"."ready" ADD COLUMN "lane" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."ready" ADD COLUMN "needs" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."worker" ADD COLUMN "tags" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "lane" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "ready_order" ON "drawloom"."ready" USING btree ("needs","lane","priority" DESC NULLS FIRST,"id");--> statement-breakpoint
ALTER TABLE "drawloom"."project" ADD CONSTRAINT "project_lane_unique" UNIQUE("lane");--> statement-breakpoint
ALTER TABLE drawloom.turn SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);--> statement-breakpoint
CREATE TYPE drawloom.ready_pick AS (id bigint, priority smallint, run_id bigint, node integer, map_index integer, fence bigint, place tid, needs text, lane integer);--> statement-breakpoint
UPDATE drawloom.run r SET lane = p.lane FROM drawloom.project p WHERE p.id = r.project_id AND r.finished_at IS NULL;--> statement-breakpoint
UPDATE drawloom.ready q SET lane = r.lane FROM drawloom.run r WHERE r.id = q.run_id;
