-- Events of programs outside are swept by their age.
CREATE INDEX "lineage_event_received" ON "drawloom"."lineage_event" USING btree ("received_at");