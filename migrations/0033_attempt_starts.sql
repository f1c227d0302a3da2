-- How long an attempt took until its code began, so that a timeline shows what of it was ours.
ALTER TABLE "drawloom"."attempt" ADD COLUMN "start_ms" double precision;