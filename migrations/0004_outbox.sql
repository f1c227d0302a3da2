-- What leaves the house: channels, rules, the outbox and its deliveries.
CREATE TABLE "drawloom"."channel" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"settings" jsonb NOT NULL,
	"envelope" text,
	"version" integer DEFAULT 0 NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "channel_name" UNIQUE("project_id","name")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."delivery" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."delivery_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"outbox_id" bigint NOT NULL,
	"project_id" uuid NOT NULL,
	"channel_id" uuid NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"fence" bigint,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"status" integer,
	"answer" text,
	"problem" text,
	"tried_at" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	CONSTRAINT "delivery_once" UNIQUE("outbox_id","channel_id")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."failing_pipeline" (
	"pipeline_id" uuid NOT NULL,
	"since_run" bigint NOT NULL,
	CONSTRAINT "failing_pipeline_pipeline_id_pk" PRIMARY KEY("pipeline_id")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."notification_rule" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"channel_id" uuid NOT NULL,
	"pipelines" uuid[],
	"news" text[] NOT NULL,
	"late_after_ms" bigint,
	"enabled" boolean DEFAULT true NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"pipeline_id" uuid,
	"run_id" bigint,
	"details" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"rule_id" uuid,
	"dedupe_key" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sorted_at" timestamp with time zone,
	CONSTRAINT "outbox_dedupeKey_unique" UNIQUE("dedupe_key")
);
--> statement-breakpoint
ALTER TABLE "drawloom"."channel" ADD CONSTRAINT "channel_project_id_project_id_fk" FOREIGN KEY ("project_id") REFERENCES "drawloom"."project"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."delivery" ADD CONSTRAINT "delivery_outbox_id_outbox_id_fk" FOREIGN KEY ("outbox_id") REFERENCES "drawloom"."outbox"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."delivery" ADD CONSTRAINT "delivery_channel_id_channel_id_fk" FOREIGN KEY ("channel_id") REFERENCES "drawloom"."channel"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."notification_rule" ADD CONSTRAINT "notification_rule_channel_id_channel_id_fk" FOREIGN KEY ("channel_id") REFERENCES "drawloom"."channel"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "delivery_due" ON "drawloom"."delivery" USING btree ("due_at") WHERE state = 'waiting';--> statement-breakpoint
CREATE INDEX "delivery_project" ON "drawloom"."delivery" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "delivery_channel" ON "drawloom"."delivery" USING btree ("channel_id");--> statement-breakpoint
CREATE INDEX "notification_rule_project" ON "drawloom"."notification_rule" USING btree ("project_id") WHERE enabled;--> statement-breakpoint
CREATE INDEX "notification_rule_channel" ON "drawloom"."notification_rule" USING btree ("channel_id");--> statement-breakpoint
CREATE INDEX "outbox_unsorted" ON "drawloom"."outbox" USING btree ("id") WHERE sorted_at is null;--> statement-breakpoint
CREATE INDEX "outbox_age" ON "drawloom"."outbox" USING btree ("created_at");