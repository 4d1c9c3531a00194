import { Injectable } from '@nestjs/common';
import { PrismaService } from '../prisma/prisma.service.js';
import { itemsOf } from './items.sql.js';
import type { Line } from './turns.repository.js';

/** How many events of an endpoint become deliveries at a time. */
const BATCH = 500;

/** An endpoint with so many pending deliveries gets no more: its events wait where they are. */
const MAX_PENDING = 10_000;

/** Attempts that are under way come before what is due: no more than these are looked at. */
const FIRST_DUE = 64;

export interface EndpointKey {
  readonly projectId: string;
  readonly endpointId: string;
}

/** An endpoint that has something to do. */
export interface Work extends EndpointKey {
  /** Whether there are events that are no deliveries yet. */
  readonly isBehind: boolean;
  /** In how many seconds an attempt is due; below 0 when it is. Null when none will be. */
  readonly dueIn: number | null;
}

/** What the sender does for all projects: each statement ties what it reads to the project of an endpoint. */
@Injectable()
export class FanOutRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** All endpoints that are enabled, whoever they are of. */
  async work(): Promise<readonly Work[]> {
    const isEnabled = true;
    return this.prisma.$queryRaw<Work[]>`
      SELECT endpoint.project_id AS "projectId", endpoint.id AS "endpointId",
        feed.last_position > endpoint.last_position AS "isBehind", extract(epoch FROM due.at - now())::float8 AS "dueIn"
      FROM webhook_endpoints AS endpoint JOIN event_feeds AS feed ON feed.project_id = endpoint.project_id
      CROSS JOIN LATERAL (
        SELECT min(greatest(first.next_attempt_at, first.claimed_until)) AS at FROM (
          SELECT next_attempt_at, claimed_until FROM webhook_deliveries
          WHERE project_id = endpoint.project_id AND endpoint_id = endpoint.id AND next_attempt_at IS NOT NULL
          ORDER BY next_attempt_at LIMIT ${FIRST_DUE}
        ) AS first
      ) AS due
      WHERE endpoint.is_enabled = ${isEnabled}`;
  }

  /**
   * Makes deliveries of the next events of some endpoints, and moves the endpoints past them. The endpoints are locked:
   * of several servers one does it, and the others go on. Gives the lines that became longer.
   */
  async fanOut(keys: readonly EndpointKey[]): Promise<readonly Line[]> {
    return this.prisma.$queryRaw<Line[]>`
      WITH item AS (
        SELECT * FROM ${itemsOf(keys, { projectId: 'text', endpointId: 'text' })}
      ), target AS (
        SELECT endpoint.project_id, endpoint.id, endpoint.event_types, endpoint.last_position
        FROM item JOIN webhook_endpoints AS endpoint
          ON endpoint.project_id = item."projectId" AND endpoint.id = item."endpointId"
        WHERE endpoint.is_enabled AND (
          SELECT count(*) FROM (
            SELECT FROM webhook_deliveries AS pending
            WHERE pending.project_id = item."projectId" AND pending.endpoint_id = item."endpointId"
              AND pending.status = 'pending'
            LIMIT ${MAX_PENDING}
          ) AS counted) < ${MAX_PENDING}
        FOR NO KEY UPDATE OF endpoint SKIP LOCKED
      ), batch AS (
        SELECT target.project_id, target.id AS endpoint_id, target.event_types, event.*
        FROM target CROSS JOIN LATERAL (
          SELECT position, type, thread_id, message_id, version, created_at FROM events
          WHERE events.project_id = target.project_id AND events.position > target.last_position
          ORDER BY events.position LIMIT ${BATCH}
        ) AS event
      ), moved AS (
        UPDATE webhook_endpoints AS endpoint SET last_position = last.position
        FROM (SELECT project_id, endpoint_id, max(position) AS position FROM batch GROUP BY 1, 2) AS last
        WHERE endpoint.project_id = last.project_id AND endpoint.id = last.endpoint_id
      )
      INSERT INTO webhook_deliveries AS delivery
        (project_id, endpoint_id, position, type, thread_id, message_id, version, created_at, status, attempts)
      SELECT project_id, endpoint_id, position, type, thread_id, message_id, version, created_at, 'pending', 0 FROM batch
      WHERE cardinality(event_types) = 0 OR type = ANY(event_types)
      RETURNING project_id AS "projectId", endpoint_id AS "endpointId", thread_id AS "threadId"`;
  }

  /**
   * The age in seconds of the oldest event that an endpoint which is enabled waits for, as a delivery or before it is one.
   * Null when none waits. At most MAX_PENDING rows of an endpoint are looked at.
   */
  async lag(): Promise<number | null> {
    const isEnabled = true;
    const [{ lag }] = await this.prisma.$queryRaw<[{ lag: number | null }]>`
      SELECT extract(epoch FROM now() - min(oldest.created_at))::float8 AS lag
      FROM webhook_endpoints AS endpoint CROSS JOIN LATERAL (
        (SELECT created_at FROM events
          WHERE events.project_id = endpoint.project_id AND events.position > endpoint.last_position
          ORDER BY events.position LIMIT 1)
        UNION ALL
        (SELECT min(created_at) FROM webhook_deliveries AS pending
          WHERE pending.project_id = endpoint.project_id AND pending.endpoint_id = endpoint.id
            AND pending.status = 'pending')
      ) AS oldest
      WHERE endpoint.is_enabled = ${isEnabled}`;
    return lag;
  }
}
