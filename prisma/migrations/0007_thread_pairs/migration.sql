-- Which threads have a pair of metadata, in the order of the list. PostgreSQL has no such kind of index: its index of
-- pairs (GIN) has no order, and all of 100,000 threads were read for the first page of them. Triggers keep this one, so
-- that it is right whoever writes, servers of the version before included.
--
-- Writes to threads wait meanwhile, 12 seconds for a million threads of two pairs. A server refuses those that wait longer
-- than 3 seconds (503).

-- CreateTable
CREATE TABLE "thread_pairs" (
    "project_id" TEXT NOT NULL,
    "pair" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "id" TEXT NOT NULL
);

-- A pair may have 2,304 bytes, which is too many to be stored and compared at each thread. The length keeps `a` and `bc`
-- from being `ab` and `c`.
CREATE FUNCTION "thread_pair"("key" TEXT, "value" TEXT) RETURNS BYTEA LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT substr(sha256(convert_to(length("key") || ':' || "key" || "value", 'UTF8')), 1, 16)
$$;

-- All rows of a statement at once: one by one they took PostgreSQL half as long again. What is there already, in a store
-- that is restored in parts, is no reason to refuse a thread, and pg_restore sets no search_path.
CREATE FUNCTION "index_new_threads"() RETURNS TRIGGER LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO thread_pairs (project_id, pair, created_at, id)
  SELECT project_id, thread_pair(key, value), created_at, id FROM new_threads CROSS JOIN jsonb_each_text(metadata)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;

-- Takes away and adds what differs. NEW is null where a thread was deleted. Ids do not change.
CREATE FUNCTION "index_changed_thread"() RETURNS TRIGGER LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM thread_pairs
  WHERE project_id = OLD.project_id AND created_at = OLD.created_at AND id = OLD.id AND pair = ANY (ARRAY(
    SELECT thread_pair(key, value) FROM jsonb_each_text(OLD.metadata)
    WHERE (NEW.created_at, NEW.metadata ->> key) IS DISTINCT FROM (OLD.created_at, value)
  ));
  INSERT INTO thread_pairs (project_id, pair, created_at, id)
  SELECT NEW.project_id, thread_pair(key, value), NEW.created_at, NEW.id FROM jsonb_each_text(NEW.metadata)
  WHERE (OLD.created_at, OLD.metadata ->> key) IS DISTINCT FROM (NEW.created_at, value)
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;

CREATE TRIGGER "thread_pairs_insert" AFTER INSERT ON "threads" REFERENCING NEW TABLE AS new_threads
FOR EACH STATEMENT EXECUTE FUNCTION "index_new_threads"();

CREATE TRIGGER "thread_pairs_update" AFTER UPDATE OF "created_at", "metadata" ON "threads"
FOR EACH ROW WHEN ((OLD.created_at, OLD.metadata) IS DISTINCT FROM (NEW.created_at, NEW.metadata))
EXECUTE FUNCTION "index_changed_thread"();

CREATE TRIGGER "thread_pairs_delete" AFTER DELETE ON "threads"
FOR EACH ROW WHEN (OLD.metadata <> '{}') EXECUTE FUNCTION "index_changed_thread"();

-- To make the triggers has locked out who writes.
INSERT INTO "thread_pairs" ("project_id", "pair", "created_at", "id")
SELECT project_id, thread_pair(key, value), created_at, id FROM threads CROSS JOIN jsonb_each_text(metadata);

-- Built now, in one go.
ALTER TABLE "thread_pairs" ADD CONSTRAINT "thread_pairs_pkey" PRIMARY KEY ("project_id","pair","created_at","id");
