-- Pools: slots of something scarce, and who waits in line for one. A node run that was let in is ready under a fence of its own.
CREATE TABLE "drawloom"."pool" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."pool_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"name" text NOT NULL,
	"size" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "pool_name" UNIQUE("project_id","name")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."slot" (
	"pool_id" bigint NOT NULL,
	"unit" integer NOT NULL,
	"fence" bigint,
	CONSTRAINT "slot_pool_id_unit_pk" PRIMARY KEY("pool_id","unit")
);
--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "pool" text;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "pool_slots" integer;--> statement-breakpoint
ALTER TABLE "drawloom"."parked" ADD COLUMN "pool_id" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."parked" ADD COLUMN "slots" integer;--> statement-breakpoint
ALTER TABLE "drawloom"."parked" ADD COLUMN "priority" smallint;--> statement-breakpoint
ALTER TABLE "drawloom"."parked" ADD COLUMN "ready_id" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."ready" ADD COLUMN "fence" bigint;--> statement-breakpoint
CREATE INDEX "slot_holder" ON "drawloom"."slot" USING btree ("fence") WHERE fence is not null;--> statement-breakpoint
CREATE INDEX "plan_node_pool" ON "drawloom"."plan_node" USING btree ("plan_id") WHERE pool is not null;--> statement-breakpoint
CREATE INDEX "parked_line" ON "drawloom"."parked" USING btree ("pool_id","priority" DESC NULLS FIRST,"ready_id") WHERE pool_id is not null;--> statement-breakpoint
-- Slots change hands as often as their nodes end.
ALTER TABLE drawloom.slot SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
