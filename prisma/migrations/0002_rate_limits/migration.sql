-- Unlogged: what it holds is worth a minute. A crash of PostgreSQL empties it, and a count costs no fsync.
CREATE UNLOGGED TABLE "rate_limits" (
    "project_id" TEXT NOT NULL,
    "key_id" TEXT NOT NULL,
    "full_at" TIMESTAMPTZ(6) NOT NULL,
    "granted" INTEGER NOT NULL,

    CONSTRAINT "rate_limits_pkey" PRIMARY KEY ("project_id","key_id")
);

-- AddForeignKey
ALTER TABLE "rate_limits" ADD CONSTRAINT "rate_limits_project_id_key_id_fkey" FOREIGN KEY ("project_id", "key_id") REFERENCES "api_keys"("project_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
