-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "projects" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "external_key_id" TEXT,
    "residency" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "archived_at" TIMESTAMPTZ(3),

    CONSTRAINT "projects_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "service_accounts" (
    "project_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "service_accounts_pkey" PRIMARY KEY ("project_id","id")
);

-- CreateTable
CREATE TABLE "api_keys" (
    "project_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "service_account_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "redacted" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_keys_pkey" PRIMARY KEY ("project_id","id")
);

-- CreateTable
CREATE TABLE "admin_api_keys" (
    "id" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "redacted" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "admin_api_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "threads" (
    "project_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "metadata" JSONB NOT NULL,
    "tool_resources" JSONB NOT NULL,
    "last_position" INTEGER NOT NULL,

    CONSTRAINT "threads_pkey" PRIMARY KEY ("project_id","id")
);

-- CreateTable
CREATE TABLE "thread_tombstones" (
    "project_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "thread_tombstones_pkey" PRIMARY KEY ("project_id","id")
);

-- CreateTable
CREATE TABLE "messages" (
    "project_id" TEXT NOT NULL,
    "thread_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "role" TEXT NOT NULL,
    "content" JSON NOT NULL,
    "attachments" JSON NOT NULL,
    "metadata" JSONB NOT NULL,

    CONSTRAINT "messages_pkey" PRIMARY KEY ("project_id","thread_id","id")
);

-- CreateTable
CREATE TABLE "message_tombstones" (
    "project_id" TEXT NOT NULL,
    "thread_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,

    CONSTRAINT "message_tombstones_pkey" PRIMARY KEY ("project_id","thread_id","id")
);

-- CreateTable
CREATE TABLE "vector_stores" (
    "project_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "file_ids" JSON NOT NULL,
    "chunking_strategy" JSON NOT NULL,
    "metadata" JSONB NOT NULL,

    CONSTRAINT "vector_stores_pkey" PRIMARY KEY ("project_id","id")
);

-- CreateIndex
CREATE INDEX "projects_created_at_id_idx" ON "projects"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "service_accounts_project_id_created_at_id_idx" ON "service_accounts"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "api_keys_hash_key" ON "api_keys"("hash");

-- CreateIndex
CREATE INDEX "api_keys_project_id_service_account_id_idx" ON "api_keys"("project_id", "service_account_id");

-- CreateIndex
CREATE INDEX "api_keys_project_id_created_at_id_idx" ON "api_keys"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "admin_api_keys_hash_key" ON "admin_api_keys"("hash");

-- CreateIndex
CREATE INDEX "threads_project_id_created_at_id_idx" ON "threads"("project_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "threads_metadata_idx" ON "threads" USING GIN ("metadata" jsonb_path_ops);

-- CreateIndex
CREATE UNIQUE INDEX "messages_project_id_thread_id_position_key" ON "messages"("project_id", "thread_id", "position");

-- AddForeignKey
ALTER TABLE "service_accounts" ADD CONSTRAINT "service_accounts_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "api_keys" ADD CONSTRAINT "api_keys_project_id_service_account_id_fkey" FOREIGN KEY ("project_id", "service_account_id") REFERENCES "service_accounts"("project_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "threads" ADD CONSTRAINT "threads_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "messages" ADD CONSTRAINT "messages_project_id_thread_id_fkey" FOREIGN KEY ("project_id", "thread_id") REFERENCES "threads"("project_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "message_tombstones" ADD CONSTRAINT "message_tombstones_project_id_thread_id_fkey" FOREIGN KEY ("project_id", "thread_id") REFERENCES "threads"("project_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "vector_stores" ADD CONSTRAINT "vector_stores_project_id_fkey" FOREIGN KEY ("project_id") REFERENCES "projects"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
