-- The project is part of what is indexed: a tenant's list never reads what the index has of other tenants. Without
-- fastupdate a write puts its entries into the index itself, and no list has to read a backlog of them.
--
-- Writes to threads wait while it is built: two to three seconds for 600,000 threads. With many millions make it
-- before the update, with CREATE INDEX CONCURRENTLY and the rest of the line; this script takes what it finds.
CREATE INDEX IF NOT EXISTS "threads_project_id_metadata_idx" ON "threads" USING GIN (jsonb_set('{}', ARRAY["project_id"], "metadata") jsonb_path_ops) WITH (fastupdate = off);

-- DropIndex
DROP INDEX IF EXISTS "threads_metadata_idx";
