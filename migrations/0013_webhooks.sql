-- What sets a trigger off may be a signed message: the keys for that, and of a fire the parameters it brought and when it was signed.
CREATE TABLE "drawloom"."trigger_key" (
	"trigger_id" uuid NOT NULL,
	"version" integer NOT NULL,
	"envelope" text NOT NULL,
	"good_until" timestamp with time zone,
	CONSTRAINT "trigger_key_trigger_id_version_pk" PRIMARY KEY("trigger_id","version")
);
--> statement-breakpoint
ALTER TABLE "drawloom"."fire" ADD COLUMN "signed_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "drawloom"."fire" ADD COLUMN "parameters" jsonb;--> statement-breakpoint
ALTER TABLE "drawloom"."trigger_key" ADD CONSTRAINT "trigger_key_trigger_id_trigger_id_fk" FOREIGN KEY ("trigger_id") REFERENCES "drawloom"."trigger"("id") ON DELETE cascade ON UPDATE no action;