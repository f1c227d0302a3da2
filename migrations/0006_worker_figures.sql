-- What workers count reaches the server's /metrics by way of these rows.
CREATE TABLE "drawloom"."meter" (
	"worker_id" uuid PRIMARY KEY NOT NULL,
	"figures" jsonb NOT NULL,
	"at" timestamp with time zone DEFAULT now() NOT NULL
);
