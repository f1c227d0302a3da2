-- What the tick's tables need beyond their columns: fences, the shapes that its functions pass on, and storage for rows that live for milliseconds.
CREATE SEQUENCE drawloom.fence AS bigint;
--> statement-breakpoint
CREATE TYPE drawloom.node_key AS (run_id bigint, node integer, map_index integer);
--> statement-breakpoint
-- What became of a node run in this tick; `cause` is the failed node that a skip goes back to.
CREATE TYPE drawloom.node_change AS (run_id bigint, node integer, map_index integer, status drawloom.node_run_status,
  attempt integer, reason drawloom.attempt_reason, cause integer);
--> statement-breakpoint
-- Rows here live for milliseconds: updates stay on their page, and dead rows are cleaned up at once, not by share of the table.
ALTER TABLE drawloom.node_run SET (fillfactor = 70);
--> statement-breakpoint
ALTER TABLE drawloom.attempt SET (fillfactor = 80);
--> statement-breakpoint
ALTER TABLE drawloom.run SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
ALTER TABLE drawloom.ready SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);
--> statement-breakpoint
ALTER TABLE drawloom.lease SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 50000);
--> statement-breakpoint
ALTER TABLE drawloom.timer SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
--> statement-breakpoint
ALTER TABLE drawloom.worker SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
--> statement-breakpoint
ALTER TABLE drawloom.cache_waiter SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
