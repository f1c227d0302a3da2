-- What programs outside tell of their lineage: their events as they came, and the jobs, runs and data sets that these add up to.
CREATE TABLE "drawloom"."lineage_event" (
	"project_id" uuid NOT NULL,
	"digest" text NOT NULL,
	"event" jsonb NOT NULL,
	"event_at" timestamp with time zone NOT NULL,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "lineage_event_project_id_digest_pk" PRIMARY KEY("project_id","digest")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."lineage_job" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."lineage_job_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"facets" jsonb NOT NULL,
	"told_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."lineage_run" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."lineage_run_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"uuid" uuid NOT NULL,
	"job_id" bigint NOT NULL,
	"state" text NOT NULL,
	"state_at" timestamp with time zone NOT NULL,
	"began_at" timestamp with time zone,
	"facets" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."lineage_set" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."lineage_set_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"namespace" text NOT NULL,
	"name" text NOT NULL,
	"facets" jsonb NOT NULL,
	"told_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."lineage_use" (
	"job_id" bigint NOT NULL,
	"run_id" bigint NOT NULL,
	"direction" text NOT NULL,
	"set_id" bigint NOT NULL,
	"facets" jsonb NOT NULL,
	CONSTRAINT "lineage_use_job_id_run_id_direction_set_id_pk" PRIMARY KEY("job_id","run_id","direction","set_id")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "lineage_job_name" ON "drawloom"."lineage_job" USING btree ("project_id","namespace","name");--> statement-breakpoint
CREATE UNIQUE INDEX "lineage_run_uuid" ON "drawloom"."lineage_run" USING btree ("project_id","uuid");--> statement-breakpoint
CREATE INDEX "lineage_run_job" ON "drawloom"."lineage_run" USING btree ("job_id","state_at" DESC NULLS FIRST);--> statement-breakpoint
CREATE UNIQUE INDEX "lineage_set_name" ON "drawloom"."lineage_set" USING btree ("project_id","namespace","name");--> statement-breakpoint
CREATE INDEX "lineage_use_set" ON "drawloom"."lineage_use" USING btree ("set_id","direction","job_id") WHERE run_id = 0;