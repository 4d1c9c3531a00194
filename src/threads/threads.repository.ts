import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { Prisma } from '../generated/prisma/client.js';
import { sizeOf } from '../messages/message-content.js';
import type { NewMessage } from '../messages/message.js';
import { NEW_MESSAGE } from '../messages/message.sql.js';
import type { MetadataChange } from '../metadata/metadata-change.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { CHANGED_METADATA, METADATA_CHANGE } from '../metadata/metadata.sql.js';
import { type Page, pageOf, type PageRequest, sliceOf } from '../pagination/page.js';
import { Coalescer } from '../prisma/coalescer.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { inOrder, type Numbered, ORDINALITY, type Rows, tableOf, unlessLocked } from '../prisma/rows.js';
import type { ExpectedVersions } from '../versions/version.js';
import { EXPECTED_VERSIONS, IS_EXPECTED_VERSION } from '../versions/version.sql.js';
import type { NewVectorStore } from '../vector-stores/vector-store.js';
import type { Thread, ThreadFilter, ThreadPosition } from './thread.js';
import type { ToolResourcesChange } from './tool-resources.js';

const COLUMNS = Prisma.sql`id, created_at AS "createdAt", metadata, tool_resources AS "toolResources", version`;

const KEY = Prisma.sql`"projectId" text, id text`;

const ONE_VERSION_OF = Prisma.sql`${KEY}, ${EXPECTED_VERSIONS}`;

const FIRST_MESSAGES = Prisma.sql`${KEY}, "createdAt" timestamptz, position int, messages json`;

const NEW_THREAD = Prisma.sql`${FIRST_MESSAGES}, metadata jsonb, "toolResources" jsonb, count int, "vectorStores" json`;

const INSERT_MESSAGES = Prisma.sql`
  INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
  SELECT "projectId", item.id, message.id, coalesce(position, 0) + message.ordinality, "createdAt", role, content,
    attachments, message.metadata
  FROM item CROSS JOIN ROWS FROM (json_to_recordset(messages) AS (${NEW_MESSAGE})) WITH ORDINALITY AS message`;

/** In characters of all messages. */
const LARGE = 1024 * 1024;

/** Deleting a thread deletes its messages: one with more than these is not to hold others up. */
const MANY_MESSAGES = 1_000;

interface Key {
  readonly projectId: string;
  readonly id: string;
}

interface VersionKey extends Key {
  readonly versions: ExpectedVersions;
}

interface NewThread extends Thread {
  readonly projectId: string;
  readonly count: number;
  readonly messages: readonly NewMessage[];
  readonly vectorStores: readonly NewVectorStore[];
}

interface Change extends VersionKey, MetadataChange {
  readonly tools: ToolResourcesChange;
}

const threadOf = ({ projectId, id }: Key): string => `${projectId}/${id}`;

/** Threads of a project. Every statement names it; one for several requests names the project of each. */
@Injectable()
export class ThreadsRepository {
  private readonly finds = new Coalescer<Key, Thread | null>((rows, _, client) => this.findAll(rows, client));
  private readonly inserts = new Coalescer<NewThread, true>((rows, _, client) => this.insertAll(rows, client));
  private readonly changes = new Coalescer<Change, Thread | null>(
    (rows, patient, client) => this.changeAll(rows, patient, client),
    threadOf,
  );
  private readonly deletes = new Coalescer<VersionKey, boolean>(
    (rows, patient, client) => this.deleteAll(rows, patient, client),
    threadOf,
  );

  constructor(private readonly prisma: PrismaService) {}

  /**
   * Stores a thread, its first messages and its vector stores: all of them or none. Large messages are written one by
   * one: to encode 33 MB at once would hold everybody up.
   */
  async insert(
    { projectId, transaction }: Tenant,
    thread: Thread,
    messages: readonly NewMessage[],
    vectorStores: readonly NewVectorStore[],
  ): Promise<void> {
    const count = messages.length;
    if (messages.reduce((size, { content }) => size + sizeOf(content), 0) <= LARGE) {
      await this.inserts.run({ projectId, ...thread, count, messages, vectorStores }, transaction);
      return;
    }
    await this.prisma.within(transaction, async (client) => {
      const rowOf = (item: object): Rows => [JSON.stringify({ projectId, id: thread.id, ...item })];
      await this.insertAll(rowOf({ ...thread, count, messages: [], vectorStores }), client);
      for (const [position, message] of messages.entries()) {
        const row = rowOf({ createdAt: thread.createdAt, position, messages: [message] });
        await client.$executeRaw`WITH item AS (SELECT * FROM ${tableOf(row, FIRST_MESSAGES)}) ${INSERT_MESSAGES}`;
      }
    });
  }

  find({ projectId, transaction }: Tenant, id: string): Promise<Thread | null> {
    return this.finds.run({ projectId, id }, transaction);
  }

  /** The place of a thread in the list, or of one that was deleted; null when the project never had it. */
  async position({ projectId }: Tenant, id: string): Promise<ThreadPosition | null> {
    const [position] = await this.prisma.$queryRaw<ThreadPosition[]>`
      SELECT created_at AS "createdAt", id FROM threads WHERE project_id = ${projectId} AND id = ${id}
      UNION ALL
      SELECT created_at, id FROM thread_tombstones WHERE project_id = ${projectId} AND id = ${id}`;
    return position ?? null;
  }

  /** A page of the project's threads, cursors given as positions. */
  async page(
    { projectId }: Tenant,
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

  /**
   * Changes a thread in place. Null when there is no such thread, when it has none of the versions, or when its
   * metadata would exceed the limit.
   */
  change(
    { projectId, transaction }: Tenant,
    id: string,
    versions: ExpectedVersions,
    metadata: MetadataChange,
    tools: ToolResourcesChange,
  ): Promise<Thread | null> {
    return this.changes.run({ projectId, id, versions, ...metadata, tools }, transaction);
  }

  /** Deletes a thread with its messages, and leaves its place in the list behind for cursors. */
  delete({ projectId, transaction }: Tenant, id: string, versions: ExpectedVersions): Promise<boolean> {
    return this.deletes.run({ projectId, id, versions }, transaction);
  }

  private async findAll(rows: Rows, client: Prisma.TransactionClient = this.prisma): Promise<(Thread | null)[]> {
    const threads = await client.$queryRaw<Numbered<Thread>[]>`
      SELECT ${ORDINALITY}, thread.* FROM ${tableOf(rows, KEY)}
      CROSS JOIN LATERAL (
        SELECT ${COLUMNS} FROM threads WHERE project_id = item."projectId" AND threads.id = item.id LIMIT 1
      ) AS thread`;
    return inOrder(rows, threads, null);
  }

  private async insertAll(rows: Rows, client: Prisma.TransactionClient = this.prisma): Promise<true[]> {
    await client.$executeRaw`
      WITH item AS (
        SELECT * FROM ${tableOf(rows, NEW_THREAD)}
      ), thread AS (
        INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
        SELECT "projectId", id, "createdAt", metadata, "toolResources", count FROM item
      ), stores AS (
        INSERT INTO vector_stores (project_id, id, created_at, file_ids, chunking_strategy, metadata)
        SELECT "projectId", store.id, "createdAt", "fileIds", "chunkingStrategy", store.metadata
        FROM item CROSS JOIN json_to_recordset("vectorStores")
          AS store (id text, "fileIds" json, "chunkingStrategy" json, metadata jsonb)
      )
      ${INSERT_MESSAGES}`;
    return rows.map(() => true);
  }

  private async changeAll(
    rows: Rows,
    patient: boolean,
    client: Prisma.TransactionClient = this.prisma,
  ): Promise<(Thread | null | undefined)[]> {
    const threads = await client.$queryRaw<Numbered<Thread>[]>`
      WITH item AS (
        SELECT item.* FROM ${tableOf(rows, Prisma.sql`${ONE_VERSION_OF}, ${METADATA_CHANGE}, tools json`)}
        CROSS JOIN LATERAL (
          SELECT FROM threads WHERE project_id = item."projectId" AND threads.id = item.id
          FOR NO KEY UPDATE ${unlessLocked(patient)}
        ) AS locked
      )
      UPDATE threads SET metadata = ${CHANGED_METADATA},
        tool_resources = (tool_resources - ARRAY(SELECT json_array_elements_text(tools->'remove'))) || (tools->'set')::jsonb,
        version = version + 1
      FROM item
      WHERE project_id = item."projectId" AND threads.id = item.id AND ${IS_EXPECTED_VERSION}
        AND (SELECT count(*) FROM jsonb_object_keys(${CHANGED_METADATA})) <= ${MAX_METADATA_PAIRS}
      RETURNING ${ORDINALITY}, threads.id, created_at AS "createdAt", metadata, tool_resources AS "toolResources", version`;
    return inOrder(rows, threads, patient ? null : undefined);
  }

  private async deleteAll(
    rows: Rows,
    patient: boolean,
    client: Prisma.TransactionClient = this.prisma,
  ): Promise<(boolean | undefined)[]> {
    const deleted = await client.$queryRaw<Numbered<object>[]>`
      WITH item AS (
        SELECT item.* FROM ${tableOf(rows, ONE_VERSION_OF)}
        CROSS JOIN LATERAL (
          SELECT FROM threads WHERE project_id = item."projectId" AND threads.id = item.id
            AND (last_position <= ${MANY_MESSAGES} OR ${patient})
          FOR UPDATE ${unlessLocked(patient)}
        ) AS locked
      ), deleted AS (
        DELETE FROM threads USING item WHERE project_id = item."projectId" AND threads.id = item.id
          AND ${IS_EXPECTED_VERSION}
        RETURNING project_id, threads.id, created_at, ordinality
      ), buried AS (
        INSERT INTO thread_tombstones (project_id, id, created_at) SELECT project_id, id, created_at FROM deleted
      )
      SELECT ${ORDINALITY} FROM deleted`;
    return inOrder(rows, deleted, patient ? false : undefined).map((result) => result && true);
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
