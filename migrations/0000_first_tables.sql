-- The tables as runtime/src/db/tables has them: who drew what, what ran, and what came of it.
CREATE SCHEMA IF NOT EXISTS "drawloom";
--> statement-breakpoint
CREATE TYPE "drawloom"."cache_state" AS ENUM('filling', 'ready');--> statement-breakpoint
CREATE TYPE "drawloom"."attempt_reason" AS ENUM('ok', 'user_error', 'bad_output', 'bad_input', 'timeout', 'oom', 'disk_full', 'killed', 'lost', 'infra', 'cancelled');--> statement-breakpoint
CREATE TYPE "drawloom"."node_run_status" AS ENUM('pending', 'queued', 'running', 'waiting', 'succeeded', 'reused', 'failed', 'skipped', 'cancelled');--> statement-breakpoint
CREATE TYPE "drawloom"."run_status" AS ENUM('queued', 'running', 'cancelling', 'succeeded', 'failed', 'cancelled');--> statement-breakpoint
CREATE TABLE "drawloom"."artifact_member" (
	"artifact_id" bigint NOT NULL,
	"path" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	CONSTRAINT "artifact_member_artifact_id_path_pk" PRIMARY KEY("artifact_id","path")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."artifact_use" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"attempt" integer NOT NULL,
	"direction" text NOT NULL,
	"port" text NOT NULL,
	"position" integer NOT NULL,
	"artifact_id" bigint NOT NULL,
	CONSTRAINT "artifact_use_pk" PRIMARY KEY("run_id","node","map_index","attempt","direction","port","position")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."artifact" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."artifact_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"sha256" text NOT NULL,
	"kind" text NOT NULL,
	"media_type" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"columns" jsonb,
	"row_count" bigint,
	"profile" jsonb,
	"facts" jsonb,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "artifact_content" UNIQUE("project_id","sha256","kind")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."blob" (
	"sha256" text PRIMARY KEY NOT NULL,
	"size_bytes" bigint NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."cache_entry" (
	"project_id" uuid NOT NULL,
	"key" text NOT NULL,
	"state" "drawloom"."cache_state" NOT NULL,
	"fence" bigint NOT NULL,
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"attempt" integer NOT NULL,
	"hits" bigint DEFAULT 0 NOT NULL,
	"last_used_at" timestamp with time zone DEFAULT now() NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "cache_entry_project_id_key_pk" PRIMARY KEY("project_id","key")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."cache_waiter" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"project_id" uuid NOT NULL,
	"key" text NOT NULL,
	CONSTRAINT "cache_waiter_run_id_node_map_index_pk" PRIMARY KEY("run_id","node","map_index")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"xid" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"project_id" uuid NOT NULL,
	"run_id" bigint,
	"payload" jsonb,
	"plan_id" bigint,
	"nodes" integer[],
	"map_indexes" integer[],
	"statuses" "drawloom"."node_run_status"[],
	"attempts" integer[],
	"reasons" "drawloom"."attempt_reason"[],
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."log_chunk" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"attempt" integer NOT NULL,
	"sequence" integer NOT NULL,
	"byte_offset" bigint NOT NULL,
	"size_bytes" bigint NOT NULL,
	"lines" integer NOT NULL,
	"file" text NOT NULL,
	"file_offset" bigint NOT NULL,
	"levels" jsonb NOT NULL,
	"dropped_bytes" bigint DEFAULT 0 NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "log_chunk_pk" PRIMARY KEY("run_id","node","map_index","attempt","sequence")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."metric" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"attempt" integer NOT NULL,
	"key" text NOT NULL,
	"step" bigint NOT NULL,
	"value" double precision NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "metric_pk" PRIMARY KEY("run_id","node","map_index","attempt","key","step","at")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."api_token" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"person_id" uuid NOT NULL,
	"name" text NOT NULL,
	"hint" text NOT NULL,
	"token_hash" text NOT NULL,
	"project_id" uuid NOT NULL,
	"actions" jsonb NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"last_used_at" timestamp with time zone,
	"revoked_at" timestamp with time zone,
	CONSTRAINT "api_token_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."audit" (
	"id" bigint PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"actor_name" text NOT NULL,
	"via" text NOT NULL,
	"action" text NOT NULL,
	"object" text NOT NULL,
	"project_id" uuid,
	"outcome" text NOT NULL,
	"details" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."person" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"name" text NOT NULL,
	"email" text,
	"password_hash" text,
	"admin" boolean DEFAULT false NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"removed_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "drawloom"."rate_window" (
	"key" text PRIMARY KEY NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"count" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."role_grant" (
	"project_id" uuid NOT NULL,
	"person_id" uuid NOT NULL,
	"role" text NOT NULL,
	"granted_by" uuid,
	"granted_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "role_grant_project_id_person_id_pk" PRIMARY KEY("project_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."secret" (
	"project_id" uuid NOT NULL,
	"name" text NOT NULL,
	"version" integer NOT NULL,
	"envelope" text NOT NULL,
	"updated_by" text NOT NULL,
	"updated_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "secret_project_id_name_pk" PRIMARY KEY("project_id","name")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."session" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"person_id" uuid NOT NULL,
	"token_hash" text NOT NULL,
	"previous_hash" text,
	"csrf_token" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"rotated_at" timestamp with time zone DEFAULT now() NOT NULL,
	"seen_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	CONSTRAINT "session_tokenHash_unique" UNIQUE("token_hash")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."sign_in_link" (
	"token_hash" text PRIMARY KEY NOT NULL,
	"person_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "drawloom"."pipeline_version" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"pipeline_id" uuid NOT NULL,
	"number" integer NOT NULL,
	"content_hash" text NOT NULL,
	"document" jsonb NOT NULL,
	"author" text,
	"message" text DEFAULT '' NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "pipeline_version_content" UNIQUE("pipeline_id","content_hash"),
	CONSTRAINT "pipeline_version_number" UNIQUE("pipeline_id","number")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."pipeline" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"name" text NOT NULL,
	"revision" bigint DEFAULT 1 NOT NULL,
	"document" jsonb NOT NULL,
	"trusted" boolean DEFAULT true NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_by" text,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "drawloom"."plan_edge" (
	"plan_id" bigint NOT NULL,
	"src" integer NOT NULL,
	"dst" integer NOT NULL,
	CONSTRAINT "plan_edge_plan_id_src_dst_pk" PRIMARY KEY("plan_id","src","dst")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."plan_input" (
	"plan_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"port" text NOT NULL,
	"position" integer NOT NULL,
	"src" integer NOT NULL,
	"src_port" text NOT NULL,
	CONSTRAINT "plan_input_plan_id_node_port_position_pk" PRIMARY KEY("plan_id","node","port","position")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."plan_node" (
	"plan_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"node_id" text NOT NULL,
	"name" text NOT NULL,
	"type" text NOT NULL,
	"type_version" integer NOT NULL,
	"language" text,
	"code" text,
	"parameters" jsonb NOT NULL,
	"environment" text,
	"seed" integer,
	"inputs" jsonb NOT NULL,
	"outputs" jsonb NOT NULL,
	"tier" text NOT NULL,
	"reuse" boolean NOT NULL,
	"static_key" text,
	"key_parts" jsonb NOT NULL,
	"in_degree" integer NOT NULL,
	"trigger_rule" text NOT NULL,
	"retry_attempts" integer NOT NULL,
	"retry_delay_ms" bigint NOT NULL,
	"retry_max_delay_ms" bigint NOT NULL,
	"lost_attempts" integer NOT NULL,
	"timeout_ms" bigint,
	"memory_bytes" bigint,
	"disk_bytes" bigint,
	CONSTRAINT "plan_node_plan_id_node_pk" PRIMARY KEY("plan_id","node")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."plan" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."plan_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"hash" text NOT NULL,
	"node_count" integer NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "plan_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."project" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"slug" text NOT NULL,
	"name" text NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"settings" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"archived_at" timestamp with time zone,
	CONSTRAINT "project_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."lease" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"attempt" integer NOT NULL,
	"fence" bigint NOT NULL,
	"worker_id" uuid NOT NULL,
	"cancelled" boolean DEFAULT false NOT NULL,
	"progress" double precision,
	"claimed_at" timestamp with time zone NOT NULL,
	CONSTRAINT "lease_run_id_node_map_index_pk" PRIMARY KEY("run_id","node","map_index")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."ready" (
	"id" bigint GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."ready_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"priority" smallint NOT NULL,
	"ready_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "ready_run_id_node_map_index_pk" PRIMARY KEY("run_id","node","map_index")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."timer" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"kind" text NOT NULL,
	"due_at" timestamp with time zone NOT NULL,
	CONSTRAINT "timer_run_id_node_map_index_kind_pk" PRIMARY KEY("run_id","node","map_index","kind")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."worker" (
	"id" uuid PRIMARY KEY NOT NULL,
	"host" text NOT NULL,
	"pid" integer NOT NULL,
	"version" text NOT NULL,
	"capacity" integer NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_beat" timestamp with time zone DEFAULT now() NOT NULL,
	"ttl_ms" integer NOT NULL,
	"draining" boolean DEFAULT false NOT NULL,
	"isolation" jsonb,
	"stopped_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "drawloom"."attempt" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"attempt" integer NOT NULL,
	"fence" bigint NOT NULL,
	"worker_id" uuid NOT NULL,
	"reason" "drawloom"."attempt_reason" NOT NULL,
	"tier" text,
	"isolation" text,
	"exit_code" integer,
	"signal" text,
	"error" jsonb,
	"peak_memory_bytes" bigint,
	"cpu_ms" double precision,
	"wall_ms" double precision,
	"claimed_at" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone NOT NULL,
	CONSTRAINT "attempt_run_id_node_map_index_attempt_pk" PRIMARY KEY("run_id","node","map_index","attempt")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."node_run" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"status" "drawloom"."node_run_status" NOT NULL,
	"reason" "drawloom"."attempt_reason",
	"deps_left" integer NOT NULL,
	"deps_failed" integer DEFAULT 0 NOT NULL,
	"deps_skipped" integer DEFAULT 0 NOT NULL,
	"attempt" integer DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"lost" integer DEFAULT 0 NOT NULL,
	"fence" bigint,
	"cause_node" integer,
	"cache_key" text,
	"reused_from_run" bigint,
	"reused_from_node" integer,
	"queued_at" timestamp with time zone,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone,
	CONSTRAINT "node_run_run_id_node_map_index_pk" PRIMARY KEY("run_id","node","map_index")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."run" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."run_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"pipeline_id" uuid NOT NULL,
	"pipeline_version_id" uuid NOT NULL,
	"plan_id" bigint NOT NULL,
	"parameters" jsonb NOT NULL,
	"trigger" text NOT NULL,
	"idempotency_key" text,
	"status" "drawloom"."run_status" NOT NULL,
	"priority" smallint DEFAULT 0 NOT NULL,
	"reuse" boolean DEFAULT true NOT NULL,
	"remaining" integer NOT NULL,
	"failed" integer DEFAULT 0 NOT NULL,
	"cancel_gen" integer DEFAULT 0 NOT NULL,
	"cancelled_by" text,
	"replay_of" bigint,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"started_at" timestamp with time zone,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "drawloom"."schedule_fire" (
	"schedule_id" uuid NOT NULL,
	"nominal_at" timestamp with time zone NOT NULL,
	"fired_at" timestamp with time zone DEFAULT now() NOT NULL,
	"run_id" bigint,
	"problems" jsonb,
	CONSTRAINT "schedule_fire_schedule_id_nominal_at_pk" PRIMARY KEY("schedule_id","nominal_at")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."schedule" (
	"id" uuid PRIMARY KEY DEFAULT gen_random_uuid() NOT NULL,
	"project_id" uuid NOT NULL,
	"pipeline_id" uuid NOT NULL,
	"cron" text NOT NULL,
	"time_zone" text NOT NULL,
	"parameters" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"enabled" boolean DEFAULT true NOT NULL,
	"next_at" timestamp with time zone,
	"created_by" text,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"changed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."upload" (
	"project_id" uuid NOT NULL,
	"name" text NOT NULL,
	"sha256" text NOT NULL,
	"size_bytes" bigint NOT NULL,
	"uploaded_by" text NOT NULL,
	"uploaded_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "upload_project_id_name_pk" PRIMARY KEY("project_id","name")
);
--> statement-breakpoint
ALTER TABLE "drawloom"."artifact_member" ADD CONSTRAINT "artifact_member_artifact_id_artifact_id_fk" FOREIGN KEY ("artifact_id") REFERENCES "drawloom"."artifact"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."api_token" ADD CONSTRAINT "api_token_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "drawloom"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."api_token" ADD CONSTRAINT "api_token_project_id_project_id_fk" FOREIGN KEY ("project_id") REFERENCES "drawloom"."project"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."role_grant" ADD CONSTRAINT "role_grant_project_id_project_id_fk" FOREIGN KEY ("project_id") REFERENCES "drawloom"."project"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."role_grant" ADD CONSTRAINT "role_grant_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "drawloom"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."secret" ADD CONSTRAINT "secret_project_id_project_id_fk" FOREIGN KEY ("project_id") REFERENCES "drawloom"."project"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."session" ADD CONSTRAINT "session_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "drawloom"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."sign_in_link" ADD CONSTRAINT "sign_in_link_person_id_person_id_fk" FOREIGN KEY ("person_id") REFERENCES "drawloom"."person"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."pipeline_version" ADD CONSTRAINT "pipeline_version_pipeline_id_pipeline_id_fk" FOREIGN KEY ("pipeline_id") REFERENCES "drawloom"."pipeline"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."pipeline" ADD CONSTRAINT "pipeline_project_id_project_id_fk" FOREIGN KEY ("project_id") REFERENCES "drawloom"."project"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_edge" ADD CONSTRAINT "plan_edge_plan_id_plan_id_fk" FOREIGN KEY ("plan_id") REFERENCES "drawloom"."plan"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_input" ADD CONSTRAINT "plan_input_plan_id_plan_id_fk" FOREIGN KEY ("plan_id") REFERENCES "drawloom"."plan"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD CONSTRAINT "plan_node_plan_id_plan_id_fk" FOREIGN KEY ("plan_id") REFERENCES "drawloom"."plan"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."schedule_fire" ADD CONSTRAINT "schedule_fire_schedule_id_schedule_id_fk" FOREIGN KEY ("schedule_id") REFERENCES "drawloom"."schedule"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."schedule" ADD CONSTRAINT "schedule_pipeline_id_pipeline_id_fk" FOREIGN KEY ("pipeline_id") REFERENCES "drawloom"."pipeline"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."upload" ADD CONSTRAINT "upload_project_id_project_id_fk" FOREIGN KEY ("project_id") REFERENCES "drawloom"."project"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "artifact_member_sha256" ON "drawloom"."artifact_member" USING btree ("sha256");--> statement-breakpoint
CREATE INDEX "artifact_use_artifact" ON "drawloom"."artifact_use" USING btree ("artifact_id","direction");--> statement-breakpoint
CREATE INDEX "artifact_sha256" ON "drawloom"."artifact" USING btree ("sha256");--> statement-breakpoint
CREATE INDEX "cache_waiter_key" ON "drawloom"."cache_waiter" USING btree ("project_id","key");--> statement-breakpoint
CREATE INDEX "event_commit" ON "drawloom"."event" USING btree ("xid","id");--> statement-breakpoint
CREATE INDEX "event_run" ON "drawloom"."event" USING btree ("run_id","id");--> statement-breakpoint
CREATE INDEX "event_at" ON "drawloom"."event" USING btree ("at");--> statement-breakpoint
CREATE INDEX "metric_by_key" ON "drawloom"."metric" USING btree ("run_id","key","step");--> statement-breakpoint
CREATE INDEX "api_token_person" ON "drawloom"."api_token" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "audit_project" ON "drawloom"."audit" USING btree ("project_id","id" DESC NULLS LAST);--> statement-breakpoint
CREATE UNIQUE INDEX "person_email" ON "drawloom"."person" USING btree ("email") WHERE removed_at is null;--> statement-breakpoint
CREATE INDEX "rate_window_age" ON "drawloom"."rate_window" USING btree ("started_at");--> statement-breakpoint
CREATE INDEX "role_grant_person" ON "drawloom"."role_grant" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "session_person" ON "drawloom"."session" USING btree ("person_id");--> statement-breakpoint
CREATE INDEX "session_previous" ON "drawloom"."session" USING btree ("previous_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "pipeline_name" ON "drawloom"."pipeline" USING btree ("project_id","name") WHERE archived_at is null;--> statement-breakpoint
CREATE INDEX "pipeline_changed" ON "drawloom"."pipeline" USING btree ("project_id","changed_at");--> statement-breakpoint
CREATE INDEX "plan_edge_dst" ON "drawloom"."plan_edge" USING btree ("plan_id","dst");--> statement-breakpoint
CREATE INDEX "lease_worker" ON "drawloom"."lease" USING btree ("worker_id");--> statement-breakpoint
CREATE INDEX "ready_order" ON "drawloom"."ready" USING btree ("priority" DESC NULLS FIRST,"id");--> statement-breakpoint
CREATE INDEX "timer_due" ON "drawloom"."timer" USING btree ("due_at");--> statement-breakpoint
CREATE INDEX "worker_beat" ON "drawloom"."worker" USING btree ("last_beat");--> statement-breakpoint
CREATE UNIQUE INDEX "run_idempotency" ON "drawloom"."run" USING btree ("pipeline_id","idempotency_key") WHERE idempotency_key is not null;--> statement-breakpoint
CREATE INDEX "run_by_project" ON "drawloom"."run" USING btree ("project_id","id");--> statement-breakpoint
CREATE INDEX "run_by_pipeline" ON "drawloom"."run" USING btree ("pipeline_id","id");--> statement-breakpoint
CREATE INDEX "run_active" ON "drawloom"."run" USING btree ("id") WHERE finished_at is null;--> statement-breakpoint
CREATE INDEX "run_replay" ON "drawloom"."run" USING btree ("replay_of") WHERE replay_of is not null;--> statement-breakpoint
CREATE INDEX "schedule_due" ON "drawloom"."schedule" USING btree ("next_at") WHERE enabled;--> statement-breakpoint
CREATE INDEX "schedule_pipeline" ON "drawloom"."schedule" USING btree ("pipeline_id");