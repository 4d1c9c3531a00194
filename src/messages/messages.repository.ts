import { Injectable } from '@nestjs/common';
import { Prisma } from '../generated/prisma/client.js';
import type { MetadataChange } from '../metadata/metadata-change.js';
import { MAX_METADATA_PAIRS } from '../metadata/metadata.js';
import { changedMetadata } from '../metadata/metadata.sql.js';
import { type Page, pageOf, type PageRequest, sliceOf } from '../pagination/page.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { Message, NewMessage } from './message.js';

const COLUMNS = Prisma.sql`id, thread_id AS "threadId", created_at AS "createdAt", role, content, attachments, metadata`;

/** Messages of a thread of a project. Every statement names both. */
@Injectable()
export class MessagesRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * Appends to a thread. The position is handed out by the same statement, which locks the thread: appends to one
   * thread line up, and one that meets a delete finds no thread. Null when there is no such thread.
   */
  async append(projectId: string, threadId: string, message: NewMessage, createdAt: Date): Promise<Message | null> {
    const count = await this.prisma.$executeRaw`
      WITH thread AS (
        UPDATE threads SET last_position = last_position + 1
        WHERE project_id = ${projectId} AND id = ${threadId}
        RETURNING last_position
      )
      INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
      SELECT ${projectId}, ${threadId}, ${message.id}, last_position, ${createdAt}, ${message.role},
        ${JSON.stringify(message.content)}::json, ${JSON.stringify(message.attachments)}::json,
        ${JSON.stringify(message.metadata)}::jsonb
      FROM thread`;
    return count === 1 ? { ...message, threadId, createdAt } : null;
  }

  async find(projectId: string, threadId: string, id: string): Promise<Message | null> {
    const [message] = await this.prisma.$queryRaw<Message[]>`
      SELECT ${COLUMNS} FROM messages WHERE project_id = ${projectId} AND thread_id = ${threadId} AND id = ${id}`;
    return message ?? null;
  }

  async hasThread(projectId: string, threadId: string): Promise<boolean> {
    const row = await this.prisma.thread.findUnique({
      where: { projectId_id: { projectId, id: threadId } },
      select: { id: true },
    });
    return row !== null;
  }

  /** The position of a message, or of one that was deleted from the thread; null when it never was there. */
  async position(projectId: string, threadId: string, id: string): Promise<number | null> {
    const [found] = await this.prisma.$queryRaw<{ position: number }[]>`
      SELECT position FROM messages WHERE project_id = ${projectId} AND thread_id = ${threadId} AND id = ${id}
      UNION ALL
      SELECT position FROM message_tombstones
      WHERE project_id = ${projectId} AND thread_id = ${threadId} AND id = ${id}`;
    return found?.position ?? null;
  }

  /** A page of the thread, cursors given as positions. Null when there is no such thread. */
  async page(
    projectId: string,
    threadId: string,
    request: PageRequest,
    after: number | undefined,
    before: number | undefined,
  ): Promise<Page<Message> | null> {
    const { above, below, ascending } = sliceOf(request, after, before);
    const direction = ascending ? Prisma.sql`ASC` : Prisma.sql`DESC`;
    const rows = await this.prisma.$queryRaw<(Message | { id: null })[]>`
      SELECT page.* FROM threads
      LEFT JOIN LATERAL (
        SELECT position, ${COLUMNS} FROM messages
        WHERE project_id = threads.project_id AND thread_id = threads.id
          ${above === undefined ? Prisma.empty : Prisma.sql`AND position > ${above}`}
          ${below === undefined ? Prisma.empty : Prisma.sql`AND position < ${below}`}
        ORDER BY position ${direction} LIMIT ${request.limit + 1}
      ) AS page ON true
      WHERE threads.project_id = ${projectId} AND threads.id = ${threadId}
      ORDER BY page.position ${direction}`;
    if (rows.length === 0) return null;
    return pageOf(
      rows.filter((row) => row.id !== null),
      request,
    );
  }

  /** Changes metadata in place. Null when there is no such message, or when the result would exceed the limit. */
  async changeMetadata(
    projectId: string,
    threadId: string,
    id: string,
    change: MetadataChange,
  ): Promise<Message | null> {
    const metadata = changedMetadata(change);
    const [message] = await this.prisma.$queryRaw<Message[]>`
      UPDATE messages SET metadata = ${metadata}
      WHERE project_id = ${projectId} AND thread_id = ${threadId} AND id = ${id}
        AND (SELECT count(*) FROM jsonb_object_keys(${metadata})) <= ${MAX_METADATA_PAIRS}
      RETURNING ${COLUMNS}`;
    return message ?? null;
  }

  /**
   * Deletes a message and leaves its position behind for cursors. The thread is locked first, as a delete of the
   * whole thread does: the other way round the two could wait for each other.
   */
  async delete(projectId: string, threadId: string, id: string): Promise<boolean> {
    const count = await this.prisma.$executeRaw`
      WITH thread AS (
        SELECT project_id, id FROM threads WHERE project_id = ${projectId} AND id = ${threadId} FOR KEY SHARE
      ), deleted AS (
        DELETE FROM messages USING thread
        WHERE messages.project_id = ${projectId} AND messages.thread_id = thread.id AND messages.id = ${id}
        RETURNING messages.position
      )
      INSERT INTO message_tombstones (project_id, thread_id, id, position)
      SELECT ${projectId}, ${threadId}, ${id}, position FROM deleted`;
    return count === 1;
  }
}
