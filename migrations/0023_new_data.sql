-- New versions of what data-aware triggers wait for, and which of them set a run off.
CREATE TABLE "drawloom"."trigger_input" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."trigger_input_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"trigger_id" uuid NOT NULL,
	"input" integer NOT NULL,
	"version" text NOT NULL,
	"run_id" bigint,
	"sha256" text,
	"size_bytes" bigint,
	"fire_id" bigint,
	"noted_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "drawloom"."fire" ADD COLUMN "data" jsonb;--> statement-breakpoint
CREATE UNIQUE INDEX "trigger_input_once" ON "drawloom"."trigger_input" USING btree ("trigger_id","input","version");--> statement-breakpoint
CREATE INDEX "trigger_input_new" ON "drawloom"."trigger_input" USING btree ("trigger_id","id") WHERE fire_id is null;--> statement-breakpoint
CREATE INDEX "trigger_data" ON "drawloom"."trigger" USING btree ("id") WHERE spec ->> 'kind' = 'data';