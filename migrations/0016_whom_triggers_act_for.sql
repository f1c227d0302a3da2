-- A trigger acts with the rights of whoever saved it last, as they are when it starts something. So far that was its maker; whoever is told of
-- missing runs hears of triggers that stop as well.
ALTER TABLE "drawloom"."trigger" ADD COLUMN "acts_for" text;--> statement-breakpoint
ALTER TABLE "drawloom"."trigger" ADD COLUMN "acts_within" text[];--> statement-breakpoint
UPDATE "drawloom"."trigger" SET "acts_for" = "created_by";--> statement-breakpoint
UPDATE "drawloom"."notification_rule" SET "news" = array_append("news", 'stopped') WHERE 'missing' = ANY ("news");
