-- Registered models: names under which frozen versions are kept, and movable names for these.
CREATE TABLE "drawloom"."model_alias" (
	"model_id" bigint NOT NULL,
	"alias" text NOT NULL,
	"version_id" bigint NOT NULL,
	CONSTRAINT "model_alias_model_id_alias_pk" PRIMARY KEY("model_id","alias")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."model_version_tag" (
	"version_id" bigint NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "model_version_tag_version_id_key_pk" PRIMARY KEY("version_id","key")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."model_version" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."model_version_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"model_id" bigint NOT NULL,
	"version" integer NOT NULL,
	"stage" text DEFAULT 'None' NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"source" text NOT NULL,
	"tracked_id" bigint,
	"logged_model_id" bigint,
	"run_link" text DEFAULT '' NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."registered_model_tag" (
	"model_id" bigint NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "registered_model_tag_model_id_key_pk" PRIMARY KEY("model_id","key")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."registered_model" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."registered_model_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"created_by" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_version" integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
ALTER TABLE "drawloom"."model_alias" ADD CONSTRAINT "model_alias_model_id_registered_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "drawloom"."registered_model"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."model_alias" ADD CONSTRAINT "model_alias_version_id_model_version_id_fk" FOREIGN KEY ("version_id") REFERENCES "drawloom"."model_version"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."model_version_tag" ADD CONSTRAINT "model_version_tag_version_id_model_version_id_fk" FOREIGN KEY ("version_id") REFERENCES "drawloom"."model_version"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."model_version" ADD CONSTRAINT "model_version_model_id_registered_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "drawloom"."registered_model"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."registered_model_tag" ADD CONSTRAINT "registered_model_tag_model_id_registered_model_id_fk" FOREIGN KEY ("model_id") REFERENCES "drawloom"."registered_model"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "model_alias_version" ON "drawloom"."model_alias" USING btree ("version_id");--> statement-breakpoint
CREATE UNIQUE INDEX "model_version_number" ON "drawloom"."model_version" USING btree ("model_id","version");--> statement-breakpoint
CREATE INDEX "model_version_run" ON "drawloom"."model_version" USING btree ("tracked_id");--> statement-breakpoint
CREATE INDEX "model_version_logged" ON "drawloom"."model_version" USING btree ("logged_model_id");--> statement-breakpoint
CREATE UNIQUE INDEX "registered_model_name" ON "drawloom"."registered_model" USING btree ("project_id","name");