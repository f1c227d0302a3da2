-- Files and models that programs outside log: names beside digests, and what each model was made of and measured at.
CREATE TABLE "drawloom"."logged_model_metric" (
	"model_id" bigint NOT NULL,
	"tracked_id" bigint NOT NULL,
	"key" text NOT NULL,
	"dataset_name" text NOT NULL,
	"dataset_digest" text NOT NULL,
	"step" bigint NOT NULL,
	"at_ms" bigint NOT NULL,
	"value" double precision NOT NULL,
	CONSTRAINT "logged_model_metric_pk" PRIMARY KEY("model_id","key","tracked_id","dataset_name","dataset_digest")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."logged_model_parameter" (
	"model_id" bigint NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "logged_model_parameter_model_id_key_pk" PRIMARY KEY("model_id","key")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."logged_model_tag" (
	"model_id" bigint NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "logged_model_tag_model_id_key_pk" PRIMARY KEY("model_id","key")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."logged_model" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."logged_model_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"uuid" text NOT NULL,
	"experiment_id" bigint NOT NULL,
	"name" text NOT NULL,
	"model_type" text DEFAULT '' NOT NULL,
	"source_run_id" bigint,
	"status" text DEFAULT 'PENDING' NOT NULL,
	"creator" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"deleted_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "drawloom"."tracked_model" (
	"tracked_id" bigint NOT NULL,
	"model_id" bigint NOT NULL,
	"direction" text NOT NULL,
	"step" bigint DEFAULT 0 NOT NULL,
	CONSTRAINT "tracked_model_tracked_id_direction_model_id_pk" PRIMARY KEY("tracked_id","direction","model_id")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."tracked_file" (
	"of" text NOT NULL,
	"owner_id" bigint NOT NULL,
	"path" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"kept_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tracked_file_of_owner_id_path_pk" PRIMARY KEY("of","owner_id","path")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "logged_model_uuid" ON "drawloom"."logged_model" USING btree ("uuid");--> statement-breakpoint
CREATE INDEX "logged_model_newest" ON "drawloom"."logged_model" USING btree ("experiment_id","created_at" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "logged_model_run" ON "drawloom"."logged_model" USING btree ("source_run_id");--> statement-breakpoint
CREATE INDEX "tracked_model_model" ON "drawloom"."tracked_model" USING btree ("model_id");--> statement-breakpoint
CREATE INDEX "tracked_file_sha256" ON "drawloom"."tracked_file" USING btree ("sha256");