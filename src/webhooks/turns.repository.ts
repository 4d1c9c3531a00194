import { Injectable } from '@nestjs/common';
import { PrismaService } from '../prisma/prisma.service.js';
import { itemsOf } from './items.sql.js';

/** The deliveries of a thread to an endpoint, of which one at a time has its turn. */
export interface Line {
  readonly projectId: string;
  readonly endpointId: string;
  readonly threadId: string;
}

const LINE = { projectId: 'text', endpointId: 'text', threadId: 'text' } as const;

const nameOf = ({ projectId, endpointId, threadId }: Line): string => `${projectId}/${endpointId}/${threadId}`;

/** As many as are waiting are looked through at a time. */
const MAX_LINES = 1_000;

/**
 * A delivery is stored without a time, and gets one when nothing earlier of its thread is pending. Whoever stores one, or
 * ends one, commits that first and gives turns then: whichever is last sees both.
 */
@Injectable()
export class TurnsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Makes the first pending delivery of each line due, unless it has its time. */
  async give(lines: readonly Line[]): Promise<void> {
    const distinct = [...new Map(lines.map((line) => [nameOf(line), line])).values()];
    for (let start = 0; start < distinct.length; start += MAX_LINES) {
      await this.prisma.$executeRaw`
        WITH item AS (SELECT * FROM ${itemsOf(distinct.slice(start, start + MAX_LINES), LINE)})
        UPDATE webhook_deliveries AS delivery SET next_attempt_at = now()
        FROM item CROSS JOIN LATERAL (
          SELECT line.position FROM webhook_deliveries AS line
          WHERE line.project_id = item."projectId" AND line.endpoint_id = item."endpointId"
            AND line.status = 'pending' AND line.thread_id = item."threadId"
          ORDER BY line.position LIMIT 1
        ) AS first
        WHERE delivery.project_id = item."projectId" AND delivery.endpoint_id = item."endpointId"
          AND delivery.position = first.position AND delivery.next_attempt_at IS NULL`;
    }
  }

  /** The lines of an endpoint that wait, of which a server that crashed may have left some without a turn. */
  async waiting(projectId: string, endpointId: string): Promise<readonly Line[]> {
    const lines = await this.prisma.$queryRaw<{ threadId: string }[]>`
      SELECT DISTINCT thread_id AS "threadId" FROM webhook_deliveries
      WHERE project_id = ${projectId} AND endpoint_id = ${endpointId} AND status = 'pending'
        AND next_attempt_at IS NULL`;
    return lines.map(({ threadId }) => ({ projectId, endpointId, threadId }));
  }
}
