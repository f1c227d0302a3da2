-- Traces that programs log: what was asked and answered, the spans of it, the runs it belongs to, and what was thought of it.
CREATE TABLE "drawloom"."logged_assessment" (
	"trace_id" bigint NOT NULL,
	"uuid" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"content" jsonb NOT NULL,
	"value" jsonb,
	"span_id" text,
	"source_type" text NOT NULL,
	"source_id" text NOT NULL,
	"rationale" text,
	"metadata" jsonb NOT NULL,
	"overrides" text,
	"valid" boolean DEFAULT true NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "logged_assessment_trace_id_uuid_pk" PRIMARY KEY("trace_id","uuid")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."logged_span" (
	"trace_id" bigint NOT NULL,
	"span_id" text NOT NULL,
	"parent_id" text,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"status" text NOT NULL,
	"start_ns" bigint NOT NULL,
	"end_ns" bigint,
	"content" text NOT NULL,
	CONSTRAINT "logged_span_trace_id_span_id_pk" PRIMARY KEY("trace_id","span_id")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."logged_trace_pair" (
	"trace_id" bigint NOT NULL,
	"of" text NOT NULL,
	"key" text NOT NULL,
	"value" text NOT NULL,
	CONSTRAINT "logged_trace_pair_trace_id_of_key_pk" PRIMARY KEY("trace_id","of","key")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."logged_trace_run" (
	"trace_id" bigint NOT NULL,
	"tracked_id" bigint NOT NULL,
	CONSTRAINT "logged_trace_run_trace_id_tracked_id_pk" PRIMARY KEY("trace_id","tracked_id")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."logged_trace" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."logged_trace_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"uuid" text NOT NULL,
	"experiment_id" bigint NOT NULL,
	"state" text NOT NULL,
	"at_ms" bigint NOT NULL,
	"duration_ms" bigint,
	"client_request_id" text,
	"request_preview" text,
	"response_preview" text,
	"told" boolean DEFAULT false NOT NULL,
	"span_count" integer DEFAULT 0 NOT NULL,
	"span_bytes" bigint DEFAULT 0 NOT NULL,
	"kept_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "drawloom"."logged_assessment" ADD CONSTRAINT "logged_assessment_trace_id_logged_trace_id_fk" FOREIGN KEY ("trace_id") REFERENCES "drawloom"."logged_trace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."logged_span" ADD CONSTRAINT "logged_span_trace_id_logged_trace_id_fk" FOREIGN KEY ("trace_id") REFERENCES "drawloom"."logged_trace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."logged_trace_pair" ADD CONSTRAINT "logged_trace_pair_trace_id_logged_trace_id_fk" FOREIGN KEY ("trace_id") REFERENCES "drawloom"."logged_trace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."logged_trace_run" ADD CONSTRAINT "logged_trace_run_trace_id_logged_trace_id_fk" FOREIGN KEY ("trace_id") REFERENCES "drawloom"."logged_trace"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "logged_span_order" ON "drawloom"."logged_span" USING btree ("trace_id","start_ns","span_id");--> statement-breakpoint
CREATE INDEX "logged_trace_pair_search" ON "drawloom"."logged_trace_pair" USING btree ("of","key",(left(value, 250) collate "C"),"trace_id");--> statement-breakpoint
CREATE INDEX "logged_trace_run_run" ON "drawloom"."logged_trace_run" USING btree ("tracked_id");--> statement-breakpoint
CREATE UNIQUE INDEX "logged_trace_uuid" ON "drawloom"."logged_trace" USING btree ("project_id","uuid");--> statement-breakpoint
CREATE INDEX "logged_trace_newest" ON "drawloom"."logged_trace" USING btree ("experiment_id","at_ms" DESC NULLS LAST,"id" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "logged_trace_age" ON "drawloom"."logged_trace" USING btree ("project_id","kept_at");