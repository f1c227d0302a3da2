-- What a worker found of its isolation, so that the server can tell whether the house is fit for work.
ALTER TABLE "drawloom"."worker" ADD COLUMN "isolation" jsonb;