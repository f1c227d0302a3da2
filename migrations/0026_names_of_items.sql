-- A node that takes what many items gave is to say of each which item it comes from.
ALTER TABLE "drawloom"."artifact_use" ADD COLUMN "item_name" text;