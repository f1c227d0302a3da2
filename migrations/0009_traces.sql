-- Runs that ended and whose spans are to be sent, and whether anybody wants them.
CREATE TABLE "drawloom"."trace_wish" (
	"name" text PRIMARY KEY NOT NULL,
	"said_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "drawloom"."trace" (
	"run_id" bigint PRIMARY KEY NOT NULL,
	"ended_at" timestamp with time zone DEFAULT now() NOT NULL,
	"tries" integer DEFAULT 0 NOT NULL,
	"fence" bigint,
	"due_at" timestamp with time zone DEFAULT now() NOT NULL,
	"problem" text
);
--> statement-breakpoint
CREATE INDEX "trace_due" ON "drawloom"."trace" USING btree ("due_at");