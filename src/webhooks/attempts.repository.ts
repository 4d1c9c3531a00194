import { Injectable } from '@nestjs/common';
import type { Event } from '../events/event.js';
import { Coalescer } from '../prisma/coalescer.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { Rows } from '../prisma/rows.js';
import { itemsOf } from './items.sql.js';
import type { EndpointKey } from './fan-out.repository.js';
import type { DeliveryStatus, Failure } from './webhook-delivery.js';
import type { Sealed } from './webhook-secret.js';

/** How long a claim holds: longer than an attempt takes. After that the server that made it has crashed. */
const LEASE_SECONDS = 60;

/** How many deliveries of an endpoint may be claimed. */
export interface Capacity extends EndpointKey {
  readonly free: number;
}

/** A delivery that this server, and no other, makes an attempt of. */
export interface Claim extends Event, EndpointKey {
  /** This one included. */
  readonly attempts: number;
  readonly url: string;
  readonly secret: Sealed;
  /** Null when there was none, or it has expired. */
  readonly previousSecret: Sealed | null;
}

export interface Outcome {
  readonly status: DeliveryStatus;
  /** In how many seconds the next attempt is due; null when there is none. */
  readonly delay: number | null;
  readonly lastStatus: number | null;
  readonly lastError: Failure | null;
}

type Ended = Pick<Claim, 'projectId' | 'endpointId' | 'position' | 'attempts'> & Outcome;

const KEY = { projectId: 'text', endpointId: 'text', position: 'bigint', attempts: 'int' } as const;

const ENDED = { ...KEY, status: 'text', delay: 'float8', lastStatus: 'int', lastError: 'text' } as const;

const keyOf = ({ projectId, endpointId, position, attempts }: Claim) => ({ projectId, endpointId, position, attempts });

/** The attempts of the sender, for all projects. Each row of a statement names its project. */
@Injectable()
export class AttemptsRepository {
  private readonly ends = new Coalescer<Ended, true>('endAttempt', (rows) => this.endAll(rows));

  constructor(private readonly prisma: PrismaService) {}

  /**
   * Claims what is due and has its turn, until a time that stands in the row: no transaction is open while an attempt is
   * made, and the claims of a server that crashed run out.
   */
  async claim(capacities: readonly Capacity[]): Promise<readonly Claim[]> {
    return this.prisma.$queryRaw<Claim[]>`
      WITH item AS (
        SELECT * FROM ${itemsOf(capacities, { projectId: 'text', endpointId: 'text', free: 'int' })}
      ), due AS (
        SELECT item."projectId", item."endpointId", next.position FROM item CROSS JOIN LATERAL (
          SELECT delivery.position FROM webhook_deliveries AS delivery
          WHERE delivery.project_id = item."projectId" AND delivery.endpoint_id = item."endpointId"
            AND delivery.next_attempt_at <= now() AND (delivery.claimed_until IS NULL OR delivery.claimed_until <= now())
            AND NOT EXISTS (
              SELECT FROM webhook_deliveries AS earlier
              WHERE earlier.project_id = item."projectId" AND earlier.endpoint_id = item."endpointId"
                AND earlier.status = 'pending' AND earlier.thread_id = delivery.thread_id
                AND earlier.position < delivery.position)
          ORDER BY delivery.next_attempt_at LIMIT item.free FOR NO KEY UPDATE SKIP LOCKED
        ) AS next
      )
      UPDATE webhook_deliveries AS delivery SET claimed_until = now() + make_interval(secs => ${LEASE_SECONDS}),
        attempts = attempts + 1, last_attempt_at = now()
      FROM due JOIN webhook_endpoints AS endpoint
        ON endpoint.project_id = due."projectId" AND endpoint.id = due."endpointId"
      WHERE delivery.project_id = due."projectId" AND delivery.endpoint_id = due."endpointId"
        AND delivery.position = due.position AND endpoint.is_enabled
      RETURNING delivery.project_id AS "projectId", delivery.endpoint_id AS "endpointId",
        delivery.position::float8 AS position, type, thread_id AS "threadId", message_id AS "messageId", version,
        delivery.created_at AS "createdAt", attempts, url, secret,
        CASE WHEN previous_secret_expires_at > now() THEN previous_secret END AS "previousSecret"`;
  }

  /** Writes down what became of an attempt, unless the delivery was replayed or claimed by another server meanwhile. */
  async end(claim: Claim, outcome: Outcome): Promise<void> {
    await this.ends.run({ ...keyOf(claim), ...outcome });
  }

  /** Gives back a claim whose attempt was broken off: it does not count, and any server may make it at once. */
  async release(claim: Claim): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE webhook_deliveries AS delivery SET claimed_until = NULL, attempts = delivery.attempts - 1
      FROM ${itemsOf([keyOf(claim)], KEY)}
      WHERE delivery.project_id = item."projectId" AND delivery.endpoint_id = item."endpointId"
        AND delivery.position = item.position AND delivery.attempts = item.attempts`;
  }

  /** Stops sending to an endpoint that is gone; what is pending waits. */
  async disable({ projectId, endpointId }: EndpointKey): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE webhook_endpoints SET is_enabled = false, disabled_reason = 'gone'
      WHERE project_id = ${projectId} AND id = ${endpointId}`;
  }

  private async endAll(rows: Rows): Promise<true[]> {
    const items = rows.map(({ item }) => item);
    await this.prisma.$executeRaw`
      UPDATE webhook_deliveries AS delivery SET status = item.status, claimed_until = NULL,
        next_attempt_at = now() + make_interval(secs => item.delay), last_status = item."lastStatus",
        last_error = item."lastError"
      FROM ${itemsOf(items, ENDED)}
      WHERE delivery.project_id = item."projectId" AND delivery.endpoint_id = item."endpointId"
        AND delivery.position = item.position AND delivery.attempts = item.attempts AND delivery.status = 'pending'`;
    return rows.map(() => true);
  }
}
