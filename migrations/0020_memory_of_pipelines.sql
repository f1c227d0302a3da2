-- A search finds and sorts runs by an index of their facts alone, and what pipelines did is in the same memory.
DROP INDEX "drawloom"."tracked_latest_search";--> statement-breakpoint
DROP INDEX "drawloom"."tracked_run_newest";--> statement-breakpoint
ALTER TABLE "drawloom"."experiment" ADD COLUMN "tracked_through" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_latest" ADD COLUMN "start_ms" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_parameter" ADD COLUMN "experiment_id" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_parameter" ADD COLUMN "start_ms" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_run" ADD COLUMN "run_id" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_run" ADD COLUMN "node" integer;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_run" ADD COLUMN "map_index" integer;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_run" ADD COLUMN "settled" boolean DEFAULT true NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_tag" ADD COLUMN "experiment_id" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_tag" ADD COLUMN "start_ms" bigint;--> statement-breakpoint
UPDATE "drawloom"."tracked_latest" f SET "start_ms" = r."start_ms" FROM "drawloom"."tracked_run" r WHERE r."id" = f."tracked_id";--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_latest" ALTER COLUMN "start_ms" SET NOT NULL;--> statement-breakpoint
UPDATE "drawloom"."tracked_parameter" f SET "experiment_id" = r."experiment_id", "start_ms" = r."start_ms" FROM "drawloom"."tracked_run" r WHERE r."id" = f."tracked_id";--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_parameter" ALTER COLUMN "experiment_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_parameter" ALTER COLUMN "start_ms" SET NOT NULL;--> statement-breakpoint
UPDATE "drawloom"."tracked_tag" f SET "experiment_id" = r."experiment_id", "start_ms" = r."start_ms" FROM "drawloom"."tracked_run" r WHERE r."id" = f."tracked_id";--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_tag" ALTER COLUMN "experiment_id" SET NOT NULL;--> statement-breakpoint
ALTER TABLE "drawloom"."tracked_tag" ALTER COLUMN "start_ms" SET NOT NULL;--> statement-breakpoint
INSERT INTO "drawloom"."experiment" ("project_id", "name", "pipeline_id")
SELECT p."project_id",
  p."name" || CASE WHEN p."archived_at" IS NOT NULL THEN ' (archived ' || left(p."id"::text, 8) || ')' ELSE '' END
    || CASE WHEN EXISTS (SELECT FROM "drawloom"."experiment" e WHERE e."project_id" = p."project_id" AND e."name" = p."name") THEN ' (pipeline ' || left(p."id"::text, 8) || ')' ELSE '' END,
  p."id"
FROM "drawloom"."pipeline" p;--> statement-breakpoint
CREATE INDEX "tracked_input_dataset" ON "drawloom"."tracked_input" USING btree ("dataset_id");--> statement-breakpoint
CREATE INDEX "tracked_parameter_search" ON "drawloom"."tracked_parameter" USING btree ("experiment_id","key",(left(value, 250) collate "C"),"start_ms" DESC NULLS FIRST,"tracked_id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tracked_run_trash" ON "drawloom"."tracked_run" USING btree ("experiment_id","start_ms" DESC NULLS FIRST,"id" DESC NULLS FIRST) WHERE deleted_at is not null;--> statement-breakpoint
CREATE INDEX "tracked_run_named" ON "drawloom"."tracked_run" USING btree ("experiment_id","name");--> statement-breakpoint
CREATE INDEX "tracked_run_pipeline" ON "drawloom"."tracked_run" USING btree ("run_id","node","map_index") WHERE run_id is not null;--> statement-breakpoint
CREATE INDEX "tracked_tag_search" ON "drawloom"."tracked_tag" USING btree ("experiment_id","key",(left(value, 250) collate "C"),"start_ms" DESC NULLS FIRST,"tracked_id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tracked_latest_search" ON "drawloom"."tracked_latest" USING btree ("experiment_id","key","value","start_ms" DESC NULLS FIRST,"tracked_id" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "tracked_run_newest" ON "drawloom"."tracked_run" USING btree ("experiment_id","start_ms" DESC NULLS FIRST,"id" DESC NULLS FIRST);
