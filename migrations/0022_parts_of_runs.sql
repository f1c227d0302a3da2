-- A run may do a part of its pipeline, some of it anew, or another run once more to see whether the same comes of it.
ALTER TABLE "drawloom"."run" ADD COLUMN "reproduces" bigint;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "scope" jsonb;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "anew" integer[];