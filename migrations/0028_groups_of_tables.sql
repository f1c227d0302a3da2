-- A map may go through a table: by the values of columns, or so many rows at once.
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "map_by" text[];--> statement-breakpoint
ALTER TABLE "drawloom"."plan_node" ADD COLUMN "map_rows" integer;