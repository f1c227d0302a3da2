-- Receivers of lineage hear of each run in its order: up to which event they were told, and a lane for what must not overtake.
CREATE TABLE "drawloom"."lineage_place" (
	"id" smallint PRIMARY KEY DEFAULT 1 NOT NULL,
	"xid" "xid8" NOT NULL,
	"event_id" bigint NOT NULL
);
--> statement-breakpoint
ALTER TABLE "drawloom"."delivery" ADD COLUMN "lane" bigint;--> statement-breakpoint
CREATE INDEX "delivery_lane" ON "drawloom"."delivery" USING btree ("channel_id","lane","id") WHERE state = 'waiting' and lane is not null;