import { Injectable } from '@nestjs/common';
import { Prisma } from '../generated/prisma/client.js';
import type { NewMessage } from '../messages/message.js';
import type { MetadataChange } from '../metadata/metadata-change.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { changedMetadata } from '../metadata/metadata.sql.js';
import { type Page, pageOf, type PageRequest, sliceOf } from '../pagination/page.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { NewVectorStore } from '../vector-stores/vector-store.js';
import type { Thread, ThreadFilter, ThreadPosition } from './thread.js';
import type { ToolResourcesChange } from './tool-resources.js';

const COLUMNS = Prisma.sql`id, created_at AS "createdAt", metadata, tool_resources AS "toolResources"`;

/** Threads of a project. Every statement names it. */
@Injectable()
export class ThreadsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Stores a thread, its first messages and its vector stores: one statement, so all of them or none. */
  async insert(
    projectId: string,
    thread: Thread,
    messages: readonly NewMessage[],
    vectorStores: readonly NewVectorStore[],
  ): Promise<void> {
    await this.prisma.$executeRaw`
      WITH thread AS (
        INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
        VALUES (${projectId}, ${thread.id}, ${thread.createdAt}, ${JSON.stringify(thread.metadata)}::jsonb,
          ${JSON.stringify(thread.toolResources)}::jsonb, ${messages.length})
      ), stores AS (
        INSERT INTO vector_stores (project_id, id, created_at, file_ids, chunking_strategy, metadata)
        SELECT ${projectId}, id, ${thread.createdAt}, "fileIds", "chunkingStrategy", metadata
        FROM json_to_recordset(${JSON.stringify(vectorStores)}::json)
          AS store (id text, "fileIds" json, "chunkingStrategy" json, metadata jsonb)
      )
      INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
      SELECT ${projectId}, ${thread.id}, id, position, ${thread.createdAt}, role, content, attachments, metadata
      FROM ROWS FROM (
        json_to_recordset(${JSON.stringify(messages)}::json)
          AS (id text, role text, content json, attachments json, metadata jsonb)
      ) WITH ORDINALITY AS message (id, role, content, attachments, metadata, position)`;
  }

  async find(projectId: string, id: string): Promise<Thread | null> {
    const [thread] = await this.prisma.$queryRaw<Thread[]>`
      SELECT ${COLUMNS} FROM threads WHERE project_id = ${projectId} AND id = ${id}`;
    return thread ?? null;
  }

  /** The place of a thread in the list, or of one that was deleted; null when the project never had it. */
  async position(projectId: string, id: string): Promise<ThreadPosition | null> {
    const [position] = await this.prisma.$queryRaw<ThreadPosition[]>`
      SELECT created_at AS "createdAt", id FROM threads WHERE project_id = ${projectId} AND id = ${id}
      UNION ALL
      SELECT created_at, id FROM thread_tombstones WHERE project_id = ${projectId} AND id = ${id}`;
    return position ?? null;
  }

  /** A page of the project's threads, cursors given as positions. */
  async page(
    projectId: string,
    filter: ThreadFilter,
    request: PageRequest,
    after: ThreadPosition | undefined,
    before: ThreadPosition | undefined,
  ): Promise<Page<Thread>> {
    const { above, below, ascending } = sliceOf(request, after, before);
    const direction = ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
    const threads = await this.prisma.$queryRaw<Thread[]>`
      SELECT ${COLUMNS} FROM threads
      WHERE project_id = ${projectId} ${conditionsOf(filter)}
        ${above ? Prisma.sql`AND (created_at, id) > (${above.createdAt}, ${above.id})` : Prisma.empty}
        ${below ? Prisma.sql`AND (created_at, id) < (${below.createdAt}, ${below.id})` : Prisma.empty}
      ORDER BY created_at ${direction}, id ${direction} LIMIT ${request.limit + 1}`;
    return pageOf(threads, request);
  }

  /** Changes a thread in place. Null when there is no such thread, or when its metadata would exceed the limit. */
  async change(
    projectId: string,
    id: string,
    metadataChange: MetadataChange,
    toolsChange: ToolResourcesChange,
  ): Promise<Thread | null> {
    const metadata = changedMetadata(metadataChange);
    const [thread] = await this.prisma.$queryRaw<Thread[]>`
      UPDATE threads SET metadata = ${metadata},
        tool_resources = (tool_resources - ${[...toolsChange.remove]}::text[]) || ${JSON.stringify(toolsChange.set)}::jsonb
      WHERE project_id = ${projectId} AND id = ${id}
        AND (SELECT count(*) FROM jsonb_object_keys(${metadata})) <= ${MAX_METADATA_PAIRS}
      RETURNING ${COLUMNS}`;
    return thread ?? null;
  }

  /** Deletes a thread with its messages, and leaves its place in the list behind for cursors. */
  async delete(projectId: string, id: string): Promise<boolean> {
    const count = await this.prisma.$executeRaw`
      WITH deleted AS (
        DELETE FROM threads WHERE project_id = ${projectId} AND id = ${id} RETURNING created_at
      )
      INSERT INTO thread_tombstones (project_id, id, created_at)
      SELECT ${projectId}, ${id}, created_at FROM deleted`;
    return count === 1;
  }
}

/** Times are given in the whole seconds that the API shows, and a thread has milliseconds. */
function conditionsOf({ metadata, createdAfter, createdBefore }: ThreadFilter): Prisma.Sql {
  const conditions: Prisma.Sql[] = [];
  if (metadata) conditions.push(Prisma.sql`AND metadata @> ${JSON.stringify(metadata)}::jsonb`);
  if (createdAfter !== undefined) conditions.push(Prisma.sql`AND created_at >= ${new Date((createdAfter + 1) * 1000)}`);
  if (createdBefore !== undefined) conditions.push(Prisma.sql`AND created_at < ${new Date(createdBefore * 1000)}`);
  return conditions.length > 0 ? Prisma.join(conditions, ' ') : Prisma.empty;
}
