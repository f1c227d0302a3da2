-- What moves when a person approves the promotion of a model version; the gates are kept as they were judged.
CREATE TABLE "drawloom"."model_promotion" (
	"approval_id" bigint PRIMARY KEY NOT NULL,
	"version_id" bigint NOT NULL,
	"alias" text,
	"stage" text,
	"archive" boolean NOT NULL,
	"gates" jsonb NOT NULL
);
--> statement-breakpoint
ALTER TABLE "drawloom"."model_promotion" ADD CONSTRAINT "model_promotion_approval_id_approval_id_fk" FOREIGN KEY ("approval_id") REFERENCES "drawloom"."approval"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "drawloom"."model_promotion" ADD CONSTRAINT "model_promotion_version_id_model_version_id_fk" FOREIGN KEY ("version_id") REFERENCES "drawloom"."model_version"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "model_promotion_version" ON "drawloom"."model_promotion" USING btree ("version_id");