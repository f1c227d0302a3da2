-- Experiments and the runs in them: what programs outside tell, in the words of their clients.
CREATE TABLE "drawloom"."dataset" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."dataset_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"experiment_id" bigint NOT NULL,
	"name" text NOT NULL,
	"digest" text NOT NULL,
	"source_type" text NOT NULL,
	"source" text NOT NULL,
	"schema" text,
	"profile" text
);
--> statement-breakpoint
CREATE TABLE "drawloom"."experiment_tag" (
	"experiment_id" bigint NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "experiment_tag_experiment_id_key_pk" PRIMARY KEY("experiment_id","key")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."experiment" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."experiment_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"name" text NOT NULL,
	"is_default" boolean DEFAULT false NOT NULL,
	"pipeline_id" uuid,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "drawloom"."tracked_input" (
	"tracked_id" bigint NOT NULL,
	"dataset_id" bigint NOT NULL,
	"position" integer GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."tracked_input_position_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"tags" jsonb NOT NULL,
	CONSTRAINT "tracked_input_tracked_id_dataset_id_pk" PRIMARY KEY("tracked_id","dataset_id")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."tracked_latest" (
	"tracked_id" bigint NOT NULL,
	"key" text NOT NULL,
	"experiment_id" bigint NOT NULL,
	"step" bigint NOT NULL,
	"at_ms" bigint NOT NULL,
	"value" double precision NOT NULL,
	CONSTRAINT "tracked_latest_tracked_id_key_pk" PRIMARY KEY("tracked_id","key")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."tracked_metric" (
	"tracked_id" bigint NOT NULL,
	"key" text NOT NULL,
	"step" bigint NOT NULL,
	"at_ms" bigint NOT NULL,
	"value" double precision NOT NULL,
	CONSTRAINT "tracked_metric_tracked_id_key_step_at_ms_value_pk" PRIMARY KEY("tracked_id","key","step","at_ms","value")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."tracked_parameter" (
	"tracked_id" bigint NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "tracked_parameter_tracked_id_key_pk" PRIMARY KEY("tracked_id","key")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."tracked_run" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."tracked_run_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"uuid" text NOT NULL,
	"experiment_id" bigint NOT NULL,
	"name" text NOT NULL,
	"user_id" text NOT NULL,
	"status" text NOT NULL,
	"start_ms" bigint NOT NULL,
	"end_ms" bigint,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "drawloom"."tracked_tag" (
	"tracked_id" bigint NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "tracked_tag_tracked_id_key_pk" PRIMARY KEY("tracked_id","key")
);
--> statement-breakpoint
ALTER TABLE "drawloom"."experiment_tag" ADD CONSTRAINT "experiment_tag_experiment_id_experiment_id_fk" FOREIGN KEY ("experiment_id") REFERENCES "drawloom"."experiment"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "dataset_content" ON "drawloom"."dataset" USING btree ("experiment_id","name","digest");--> statement-breakpoint
CREATE UNIQUE INDEX "experiment_name" ON "drawloom"."experiment" USING btree ("project_id","name");--> statement-breakpoint
CREATE UNIQUE INDEX "experiment_default" ON "drawloom"."experiment" USING btree ("project_id") WHERE is_default;--> statement-breakpoint
CREATE UNIQUE INDEX "experiment_pipeline" ON "drawloom"."experiment" USING btree ("pipeline_id") WHERE pipeline_id is not null;--> statement-breakpoint
CREATE INDEX "tracked_latest_search" ON "drawloom"."tracked_latest" USING btree ("experiment_id","key","value");--> statement-breakpoint
CREATE UNIQUE INDEX "tracked_run_uuid" ON "drawloom"."tracked_run" USING btree ("uuid");--> statement-breakpoint
CREATE INDEX "tracked_run_newest" ON "drawloom"."tracked_run" USING btree ("experiment_id","start_ms" DESC NULLS LAST,"uuid");