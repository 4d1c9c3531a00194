-- CreateTable
CREATE TABLE "webhook_endpoints" (
    "project_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "event_types" TEXT[],
    "description" TEXT,
    "is_enabled" BOOLEAN NOT NULL,
    "disabled_reason" TEXT,
    "secret" BYTEA NOT NULL,
    "previous_secret" BYTEA,
    "previous_secret_expires_at" TIMESTAMPTZ(3),
    "last_position" BIGINT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_endpoints_pkey" PRIMARY KEY ("project_id","id")
);

-- CreateTable
CREATE TABLE "webhook_deliveries" (
    "project_id" TEXT NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "type" TEXT NOT NULL,
    "thread_id" TEXT NOT NULL,
    "message_id" TEXT,
    "version" INTEGER,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "status" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "claimed_until" TIMESTAMPTZ(3),
    "last_attempt_at" TIMESTAMPTZ(3),
    "last_status" INTEGER,
    "last_error" TEXT,

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("project_id","endpoint_id","position")
);

-- CreateIndex
CREATE INDEX "webhook_endpoints_project_id_created_at_id_idx" ON "webhook_endpoints"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "webhook_deliveries_project_id_endpoint_id_next_attempt_at_idx" ON "webhook_deliveries"("project_id", "endpoint_id", "next_attempt_at");

-- CreateIndex
CREATE INDEX "webhook_deliveries_project_id_endpoint_id_status_thread_id__idx" ON "webhook_deliveries"("project_id", "endpoint_id", "status", "thread_id", "position");

-- CreateIndex
CREATE INDEX "webhook_deliveries_created_at_idx" ON "webhook_deliveries"("created_at");

-- AddForeignKey
ALTER TABLE "webhook_endpoints" ADD CONSTRAINT "webhook_endpoints_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_project_id_endpoint_id_fkey" FOREIGN KEY ("project_id", "endpoint_id") REFERENCES "webhook_endpoints"("project_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;
