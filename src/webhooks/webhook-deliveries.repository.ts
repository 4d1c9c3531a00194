import { Injectable } from '@nestjs/common';
import { Prisma } from '../generated/prisma/client.js';
import { type Page, pageOf, type PageRequest } from '../pagination/page.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { DeliveryStatus, WebhookDelivery } from './webhook-delivery.js';

const COLUMNS = Prisma.sql`endpoint_id AS "endpointId", position::float8 AS position, type, thread_id AS "threadId",
  message_id AS "messageId", version, created_at AS "createdAt", status, attempts, next_attempt_at AS "nextAttemptAt",
  last_attempt_at AS "lastAttemptAt", last_status AS "lastStatus", last_error AS "lastError"`;

/** Pending as at first. Whoever makes an attempt at the moment has no say in it any more. */
const ANEW = Prisma.sql`status = 'pending', attempts = 0, next_attempt_at = NULL`;

/** Deliveries to an endpoint of a project. Every statement names both. */
@Injectable()
export class WebhookDeliveriesRepository {
  constructor(private readonly prisma: PrismaService) {}

  async find(projectId: string, endpointId: string, position: number): Promise<WebhookDelivery | null> {
    const [delivery] = await this.prisma.$queryRaw<WebhookDelivery[]>`
      SELECT ${COLUMNS} FROM webhook_deliveries
      WHERE project_id = ${projectId} AND endpoint_id = ${endpointId} AND position = ${position}::bigint`;
    return delivery ?? null;
  }

  /** Newest event first, `after` a position. */
  async page(
    projectId: string,
    endpointId: string,
    status: DeliveryStatus | undefined,
    request: PageRequest,
    after: number | undefined,
  ): Promise<Page<WebhookDelivery>> {
    const deliveries = await this.prisma.$queryRaw<WebhookDelivery[]>`
      SELECT ${COLUMNS} FROM webhook_deliveries
      WHERE project_id = ${projectId} AND endpoint_id = ${endpointId}
        ${status === undefined ? Prisma.empty : Prisma.sql`AND status = ${status}`}
        ${after === undefined ? Prisma.empty : Prisma.sql`AND position < ${after}::bigint`}
      ORDER BY webhook_deliveries.position DESC LIMIT ${request.limit + 1}`;
    return pageOf(deliveries, request);
  }

  /** Null when there is no such delivery. */
  async replay(projectId: string, endpointId: string, position: number): Promise<WebhookDelivery | null> {
    const [delivery] = await this.prisma.$queryRaw<WebhookDelivery[]>`
      UPDATE webhook_deliveries SET ${ANEW}
      WHERE project_id = ${projectId} AND endpoint_id = ${endpointId} AND position = ${position}::bigint
      RETURNING ${COLUMNS}`;
    return delivery ?? null;
  }

  /** The thread of each delivery that was dead. */
  async replayDead(projectId: string, endpointId: string): Promise<readonly string[]> {
    const replayed = await this.prisma.$queryRaw<{ threadId: string }[]>`
      UPDATE webhook_deliveries SET ${ANEW}
      WHERE project_id = ${projectId} AND endpoint_id = ${endpointId} AND status = 'dead'
      RETURNING thread_id AS "threadId"`;
    return replayed.map(({ threadId }) => threadId);
  }

  /** Deletes what is done, or given up, and older, whoever it is of; a bounded number, which several servers share. */
  async prune(olderThan: Date, limit: number): Promise<number> {
    return this.prisma.$executeRaw`
      DELETE FROM webhook_deliveries WHERE (project_id, endpoint_id, position) IN (
        SELECT old.project_id, old.endpoint_id, old.position FROM webhook_deliveries AS old
        WHERE old.created_at < ${olderThan} AND old.status <> 'pending'
        ORDER BY old.created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
  }
}
