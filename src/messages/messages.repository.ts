import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { Prisma } from '../generated/prisma/client.js';
import type { MetadataChange } from '../metadata/metadata-change.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { CHANGED_METADATA, METADATA_CHANGE } from '../metadata/metadata.sql.js';
import { type Page, pageOf, type PageRequest, sliceOf } from '../pagination/page.js';
import { Coalescer } from '../prisma/coalescer.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { inOrder, type Numbered, ORDINALITY, type Rows, tableOf, unlessLocked } from '../prisma/rows.js';
import { type ExpectedVersions, FIRST_VERSION } from '../versions/version.js';
import { EXPECTED_VERSIONS, IS_EXPECTED_VERSION } from '../versions/version.sql.js';
import { NEW_MESSAGE } from './message.sql.js';
import type { Message, NewMessage } from './message.js';

const COLUMNS = Prisma.sql`id, thread_id AS "threadId", created_at AS "createdAt", role, content, attachments,
  metadata, version`;

const KEY = Prisma.sql`"projectId" text, "threadId" text, id text`;

const PAGE = Prisma.sql`"projectId" text, "threadId" text, above int, below int, count int`;

/** Positions begin with 1, and are 32 bits wide. */
const FIRST_POSITION = 0;
const LAST_POSITION = 2 ** 31 - 1;

/** The content of a page, in bytes: the message that reaches it is the last. */
const MAX_PAGE = 8 * 1024 * 1024;

/** A page of more bytes than this is read by a statement of its own. */
const LARGE_PAGE = 1024 * 1024;

interface ThreadKey {
  readonly projectId: string;
  readonly threadId: string;
}

interface Key extends ThreadKey {
  readonly id: string;
}

interface VersionKey extends Key {
  readonly versions: ExpectedVersions;
}

interface Slice extends ThreadKey {
  /** Positions, exclusive. */
  readonly above: number;
  readonly below: number;
  readonly count: number;
}

interface StoredPage {
  readonly messages: readonly Message[];
  /** Whether there would be more, but for the size of the page. */
  readonly isCut: boolean;
}

/** A message in the JSON of PostgreSQL. */
interface StoredMessage extends Omit<Message, 'createdAt'> {
  readonly createdAt: string;
}

/** Messages of a thread of a project. Every statement names both; one for several requests names those of each. */
@Injectable()
export class MessagesRepository {
  private readonly finds = new Coalescer<Key, Message | null>((rows, _, client) => this.findAll(rows, client));
  private readonly appends = new Coalescer<NewMessage & ThreadKey & { readonly createdAt: Date }, boolean>(
    (rows, patient, client) => this.appendAll(rows, patient, client),
    ({ projectId, threadId }) => `${projectId}/${threadId}`,
  );
  private readonly changes = new Coalescer<VersionKey & MetadataChange, Message | null>(
    (rows, patient, client) => this.changeAll(rows, patient, client),
    ({ projectId, threadId, id }) => `${projectId}/${threadId}/${id}`,
  );
  private readonly pages = {
    ascending: this.pagesIn(Prisma.sql`ASC`),
    descending: this.pagesIn(Prisma.sql`DESC`),
  };

  constructor(private readonly prisma: PrismaService) {}

  /**
   * Appends to a thread. The position is handed out by the same statement, which locks the thread: appends to one
   * thread line up, and one that meets a delete finds no thread. Null when there is no such thread.
   */
  async append(
    { projectId, transaction }: Tenant,
    threadId: string,
    message: NewMessage,
    createdAt: Date,
  ): Promise<Message | null> {
    const appended = await this.appends.run({ projectId, threadId, createdAt, ...message }, transaction);
    return appended ? { ...message, threadId, createdAt, version: FIRST_VERSION } : null;
  }

  find({ projectId, transaction }: Tenant, threadId: string, id: string): Promise<Message | null> {
    return this.finds.run({ projectId, threadId, id }, transaction);
  }

  async hasThread({ projectId, transaction }: Tenant, threadId: string): Promise<boolean> {
    const row = await (transaction ?? this.prisma).thread.findUnique({
      where: { projectId_id: { projectId, id: threadId } },
      select: { id: true },
    });
    return row !== null;
  }

  /** The position of a message, or of one that was deleted from the thread; null when it never was there. */
  async position({ projectId }: Tenant, threadId: string, id: string): Promise<number | null> {
    const [found] = await this.prisma.$queryRaw<{ position: number }[]>`
      SELECT position FROM messages WHERE project_id = ${projectId} AND thread_id = ${threadId} AND id = ${id}
      UNION ALL
      SELECT position FROM message_tombstones
      WHERE project_id = ${projectId} AND thread_id = ${threadId} AND id = ${id}`;
    return found?.position ?? null;
  }

  /** A page of the thread, cursors given as positions. Null when there is no such thread. */
  async page(
    { projectId }: Tenant,
    threadId: string,
    request: PageRequest,
    after: number | undefined,
    before: number | undefined,
  ): Promise<Page<Message> | null> {
    const { above = FIRST_POSITION, below = LAST_POSITION, ascending } = sliceOf(request, after, before);
    const pages = ascending ? this.pages.ascending : this.pages.descending;
    const page = await pages.run({ projectId, threadId, above, below, count: request.limit + 1 });
    return page && { ...pageOf(page.messages, request), ...(page.isCut && { hasMore: true }) };
  }

  /**
   * Changes metadata in place. Null when there is no such message, when it has none of the versions, or when the
   * result would exceed the limit.
   */
  changeMetadata(
    { projectId, transaction }: Tenant,
    threadId: string,
    id: string,
    versions: ExpectedVersions,
    change: MetadataChange,
  ): Promise<Message | null> {
    return this.changes.run({ projectId, threadId, id, versions, ...change }, transaction);
  }

  /**
   * Deletes a message and leaves its position behind for cursors. The thread is locked first, as a delete of the
   * whole thread does: the other way round the two could wait for each other.
   */
  async delete({ projectId }: Tenant, threadId: string, id: string, versions: ExpectedVersions): Promise<boolean> {
    const count = await this.prisma.$executeRaw`
      WITH thread AS (
        SELECT project_id, id FROM threads WHERE project_id = ${projectId} AND id = ${threadId} FOR KEY SHARE
      ), deleted AS (
        DELETE FROM messages USING thread
        WHERE messages.project_id = ${projectId} AND messages.thread_id = thread.id AND messages.id = ${id}
          AND (${versions ?? null}::int[] IS NULL OR version = ANY(${versions ?? null}::int[]))
        RETURNING messages.position
      )
      INSERT INTO message_tombstones (project_id, thread_id, id, position)
      SELECT ${projectId}, ${threadId}, ${id}, position FROM deleted`;
    return count === 1;
  }

  private pagesIn(direction: Prisma.Sql): Coalescer<Slice, StoredPage | null> {
    return new Coalescer((rows, patient) => this.pageAll(rows, patient, direction));
  }

  private async findAll(rows: Rows, client: Prisma.TransactionClient = this.prisma): Promise<(Message | null)[]> {
    const messages = await client.$queryRaw<Numbered<Message>[]>`
      SELECT ${ORDINALITY}, message.* FROM ${tableOf(rows, KEY)}
      CROSS JOIN LATERAL (
        SELECT ${COLUMNS} FROM messages
        WHERE project_id = item."projectId" AND thread_id = item."threadId" AND messages.id = item.id LIMIT 1
      ) AS message`;
    return inOrder(rows, messages, null);
  }

  private async appendAll(
    rows: Rows,
    patient: boolean,
    client: Prisma.TransactionClient = this.prisma,
  ): Promise<(boolean | undefined)[]> {
    const appended = await client.$queryRaw<Numbered<object>[]>`
      WITH item AS (
        SELECT *, row_number() OVER (PARTITION BY "projectId", "threadId" ORDER BY ordinality) AS nth
        FROM ${tableOf(rows, Prisma.sql`"projectId" text, "threadId" text, "createdAt" timestamptz, ${NEW_MESSAGE}`)}
      ), locked AS (
        SELECT wanted.* FROM (
          SELECT "projectId", "threadId", count(*) FROM item GROUP BY "projectId", "threadId"
        ) AS wanted CROSS JOIN LATERAL (
          SELECT FROM threads WHERE project_id = wanted."projectId" AND id = wanted."threadId"
          FOR NO KEY UPDATE ${unlessLocked(patient)}
        ) AS thread
      ), thread AS (
        UPDATE threads SET last_position = last_position + count FROM locked
        WHERE project_id = locked."projectId" AND id = locked."threadId"
        RETURNING project_id, id, last_position - count AS position
      ), message AS (
        SELECT item.*, position + nth AS position FROM item JOIN thread ON project_id = item."projectId" AND thread.id = item."threadId"
      ), stored AS (
        INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
        SELECT "projectId", "threadId", id, position, "createdAt", role, content, attachments, metadata FROM message
      )
      SELECT ${ORDINALITY} FROM message`;
    return inOrder(rows, appended, patient ? false : undefined).map((result) => result && true);
  }

  private async pageAll(
    rows: Rows,
    patient: boolean,
    direction: Prisma.Sql,
  ): Promise<(StoredPage | null | undefined)[]> {
    const pages = await this.prisma.$queryRaw<Numbered<{ messages: StoredMessage[] | null; found: number }>[]>`
      SELECT ${ORDINALITY}, found,
        CASE WHEN ${patient} OR octet_length(page.messages::text) <= ${LARGE_PAGE} THEN page.messages END AS messages
      FROM ${tableOf(rows, PAGE)}
      CROSS JOIN LATERAL (
        SELECT FROM threads WHERE project_id = item."projectId" AND id = item."threadId" LIMIT 1
      ) AS thread
      CROSS JOIN LATERAL (
        SELECT count(*)::int AS found,
          coalesce(json_agg(message) FILTER (WHERE "sizeBefore" < ${MAX_PAGE}), '[]') AS messages
        FROM (
          SELECT *, sum(octet_length(content::text)) OVER (ORDER BY position ${direction})
            - octet_length(content::text) AS "sizeBefore"
          FROM (
            SELECT ${COLUMNS}, position FROM messages
            WHERE project_id = item."projectId" AND thread_id = item."threadId" AND position > above AND position < below
            ORDER BY position ${direction} LIMIT count
          ) AS message
        ) AS message
      ) AS page`;
    return inOrder(rows, pages, null).map((page) => {
      if (!page) return null;
      const { messages, found } = page;
      return messages ? { messages: messages.map(toMessage), isCut: messages.length < found } : undefined;
    });
  }

  private async changeAll(
    rows: Rows,
    patient: boolean,
    client: Prisma.TransactionClient = this.prisma,
  ): Promise<(Message | null | undefined)[]> {
    const messages = await client.$queryRaw<Numbered<Message>[]>`
      WITH item AS (
        SELECT item.* FROM ${tableOf(rows, Prisma.sql`${KEY}, ${EXPECTED_VERSIONS}, ${METADATA_CHANGE}`)}
        CROSS JOIN LATERAL (
          SELECT FROM messages
          WHERE project_id = item."projectId" AND thread_id = item."threadId" AND messages.id = item.id
          FOR NO KEY UPDATE ${unlessLocked(patient)}
        ) AS locked
      )
      UPDATE messages SET metadata = ${CHANGED_METADATA}, version = version + 1 FROM item
      WHERE project_id = item."projectId" AND thread_id = item."threadId" AND messages.id = item.id
        AND ${IS_EXPECTED_VERSION}
        AND (SELECT count(*) FROM jsonb_object_keys(${CHANGED_METADATA})) <= ${MAX_METADATA_PAIRS}
      RETURNING ${ORDINALITY}, messages.id, thread_id AS "threadId", created_at AS "createdAt", role, content, attachments,
        metadata, version`;
    return inOrder(rows, messages, patient ? null : undefined);
  }
}

const toMessage = (stored: StoredMessage): Message => ({ ...stored, createdAt: new Date(stored.createdAt) });
