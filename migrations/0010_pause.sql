-- A run that is paused, and for how long it stood still.
ALTER TABLE "drawloom"."run" ADD COLUMN "paused_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "drawloom"."run" ADD COLUMN "paused_ms" bigint DEFAULT 0 NOT NULL;