-- What waits for people: what they are asked, who may answer, and what each of them said; and how a node ends that was rejected, or not approved in time.
ALTER TYPE "drawloom"."attempt_reason" ADD VALUE 'rejected' BEFORE 'items_failed';--> statement-breakpoint
ALTER TYPE "drawloom"."attempt_reason" ADD VALUE 'expired' BEFORE 'items_failed';--> statement-breakpoint
CREATE TABLE "drawloom"."approval_answer" (
	"approval_id" bigint NOT NULL,
	"person_id" uuid NOT NULL,
	"person_name" text NOT NULL,
	"via" text NOT NULL,
	"verdict" text NOT NULL,
	"values" jsonb NOT NULL,
	"comment" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "approval_answer_approval_id_person_id_pk" PRIMARY KEY("approval_id","person_id")
);
--> statement-breakpoint
CREATE TABLE "drawloom"."approval" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "drawloom"."approval_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"project_id" uuid NOT NULL,
	"kind" text NOT NULL,
	"run_id" bigint,
	"node" integer,
	"map_index" integer,
	"pipeline_id" uuid,
	"title" text NOT NULL,
	"text" text NOT NULL,
	"form" jsonb NOT NULL,
	"needed" integer NOT NULL,
	"roles" text[] NOT NULL,
	"people" text[] NOT NULL,
	"own_allowed" boolean NOT NULL,
	"asked_by" text,
	"asked_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone,
	"on_expiry" text NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	"by_expiry" boolean DEFAULT false NOT NULL,
	"decided_at" timestamp with time zone
);
--> statement-breakpoint
ALTER TABLE "drawloom"."approval_answer" ADD CONSTRAINT "approval_answer_approval_id_approval_id_fk" FOREIGN KEY ("approval_id") REFERENCES "drawloom"."approval"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "approval_node_run" ON "drawloom"."approval" USING btree ("run_id","node","map_index") WHERE run_id is not null;--> statement-breakpoint
CREATE INDEX "approval_open" ON "drawloom"."approval" USING btree ("project_id","id") WHERE status = 'open';--> statement-breakpoint
CREATE INDEX "approval_due" ON "drawloom"."approval" USING btree ("expires_at") WHERE status = 'open' and expires_at is not null;--> statement-breakpoint
CREATE INDEX "approval_project" ON "drawloom"."approval" USING btree ("project_id","id");