-- One table for all that a node run may wait for without a worker, and the reason of an attempt that ended in such a wait.
ALTER TYPE "drawloom"."attempt_reason" ADD VALUE 'parked';--> statement-breakpoint
CREATE TABLE "drawloom"."parked" (
	"run_id" bigint NOT NULL,
	"node" integer NOT NULL,
	"map_index" integer NOT NULL,
	"kind" text NOT NULL,
	"since" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "parked_run_id_node_map_index_pk" PRIMARY KEY("run_id","node","map_index")
);
