-- Lineage asks who read a file of a name, and who worked with some code or in some environment.
CREATE INDEX "plan_node_file" ON "drawloom"."plan_node" USING hash ((parameters ->> 'file')) WHERE key_parts ->> 'outside' is not null;--> statement-breakpoint
CREATE INDEX "plan_node_code" ON "drawloom"."plan_node" USING btree ((key_parts ->> 'code')) WHERE key_parts ->> 'code' is not null;--> statement-breakpoint
CREATE INDEX "plan_node_environment" ON "drawloom"."plan_node" USING btree ("environment") WHERE environment is not null;