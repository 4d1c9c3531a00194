import { Injectable } from '@nestjs/common';
import { Prisma } from '../generated/prisma/client.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { forRows, inOrder, type Numbered, ORDINALITY, rowOf, tableOf } from '../prisma/rows.js';
import type { EventFeed } from './event-feed.js';
import type { Event, EventType } from './event.js';

/** Which events to read: all after a position, or those of one thread or of some types. */
export interface EventFilter {
  readonly threadId?: string;
  readonly types?: readonly EventType[];
}

export interface FeedPage extends EventFeed {
  /** Whether nothing between the position that was asked for and the events has been deleted. */
  readonly isKept: boolean;
  /** In their order, at most as many as were asked for. */
  readonly events: readonly Event[];
  /** Up to this position there are no others, when there are fewer than were asked for. */
  readonly end: number;
}

/** Rare types are looked for in so many events at a time, so that no statement takes long. */
const WINDOW = 10_000;

/** Any number, the same in every server: whoever holds this lock deletes old events. */
const PRUNING_LOCK = 7_307_200;

/** A key, and the project that it opens. */
export interface FeedKey {
  readonly projectId: string;
  readonly keyId: string;
}

const STANDING = forRows(
  () => Prisma.sql`
    SELECT ${ORDINALITY}, feed.last_position::float8 AS "lastPosition"
    FROM ${tableOf({ projectId: 'text', keyId: 'text' })}
    JOIN api_keys AS key ON key.project_id = item."projectId" AND key.id = item."keyId"
      AND (key.expires_at IS NULL OR key.expires_at > now())
    JOIN event_feeds AS feed ON feed.project_id = item."projectId" AND feed.is_open`,
);

interface Row extends EventFeed, Omit<Event, 'position' | 'createdAt'> {
  readonly isKept: boolean;
  readonly end: number;
  /** Null in the one row of a page without events. */
  readonly position: number | null;
  /** In milliseconds. */
  readonly createdAt: number;
}

@Injectable()
export class EventsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * What comes after a position, or from the oldest event on that is kept. One statement reads where the feed stands
   * too: what is not on the page was not committed. Null when the feed was never opened.
   */
  async page(
    projectId: string,
    after: number | undefined,
    limit: number,
    { threadId, types }: EventFilter = {},
  ): Promise<FeedPage | null> {
    const isSearch = types !== undefined && threadId === undefined;
    const rows = await this.prisma.rows<Row>(Prisma.sql`
      SELECT feed.is_open AS "isOpen", feed.last_position::float8 AS "lastPosition",
        (start.position = feed.last_position OR EXISTS (
          SELECT FROM events WHERE events.project_id = ${projectId} AND events.position = start.position + 1
        )) AS "isKept",
        ${isSearch ? Prisma.sql`least(start.position + ${WINDOW}::bigint, feed.last_position)` : Prisma.sql`feed.last_position`}::float8
          AS "end",
        event.*
      FROM event_feeds AS feed CROSS JOIN LATERAL (
        SELECT coalesce(${after ?? null}::bigint,
          (SELECT min(events.position) - 1 FROM events WHERE events.project_id = ${projectId}),
          feed.last_position) AS position
      ) AS start LEFT JOIN LATERAL (
        SELECT events.position::float8 AS position, type, thread_id AS "threadId", message_id AS "messageId", version,
          1000 * date_part('epoch', created_at) AS "createdAt"
        FROM events WHERE events.project_id = ${projectId} AND events.position > start.position
          ${threadId === undefined ? Prisma.empty : Prisma.sql`AND thread_id = ${threadId}`}
          ${types === undefined ? Prisma.empty : Prisma.sql`AND type = ANY(${types}::text[])`}
          ${isSearch ? Prisma.sql`AND events.position <= start.position + ${WINDOW}::bigint` : Prisma.empty}
        ORDER BY events.position LIMIT ${limit}
      ) AS event ON true
      WHERE feed.project_id = ${projectId} ORDER BY event.position`);
    const [first] = rows;
    if (!first) return null;
    const { isOpen, lastPosition, isKept, end } = first;
    return { isOpen, lastPosition, isKept, end, events: rows.flatMap(toEvent) };
  }

  async hasThread(projectId: string, id: string): Promise<boolean> {
    const thread = await this.prisma.thread.findUnique({
      where: { projectId_id: { projectId, id } },
      select: { id: true },
    });
    return thread !== null;
  }

  /** Of each of these keys that still opens its project, and whose project records: where the feed stands. */
  async standingOf(keys: readonly FeedKey[]): Promise<(number | undefined)[]> {
    const rows = keys.map(rowOf);
    const standing = await this.prisma.rows<Numbered<{ lastPosition: number }>>(STANDING(rows, true));
    return inOrder(rows, standing, undefined, ({ lastPosition }) => lastPosition);
  }

  /**
   * Deletes what is older, and about as many at most: from the oldest on and without gaps, whatever clocks did. One
   * server at a time does it, the others have nothing to do.
   */
  async prune(olderThan: Date, limit: number): Promise<number> {
    return this.prisma.$executeRaw`
      WITH expired AS (
        SELECT project_id, max(position) AS position FROM (
          SELECT events.project_id, events.position FROM events
          WHERE events.created_at < ${olderThan} AND (SELECT pg_try_advisory_xact_lock(${PRUNING_LOCK}))
          ORDER BY events.created_at LIMIT ${limit}
        ) AS oldest GROUP BY project_id
      )
      DELETE FROM events USING expired
      WHERE events.project_id = expired.project_id AND events.position <= expired.position`;
  }

  /** The events after a position, in their order. */
  async after(projectId: string, position: number, limit: number): Promise<readonly Event[]> {
    return (await this.page(projectId, position, limit))?.events ?? [];
  }
}

const toEvent = ({ position, type, threadId, messageId, version, createdAt }: Row): Event[] =>
  position === null ? [] : [{ position, type, threadId, messageId, version, createdAt: new Date(createdAt) }];
