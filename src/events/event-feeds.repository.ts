import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { Prisma } from '../generated/prisma/client.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { EventFeed } from './event-feed.js';

const COLUMNS = Prisma.sql`is_open AS "isOpen", last_position::float8 AS "lastPosition"`;

/** Positions go on where they stood when a feed is opened again. */
@Injectable()
export class EventFeedsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Null when it was never opened. */
  async find({ projectId }: Tenant): Promise<EventFeed | null> {
    const [feed] = await this.prisma.$queryRaw<EventFeed[]>`
      SELECT ${COLUMNS} FROM event_feeds WHERE project_id = ${projectId}`;
    return feed ?? null;
  }

  /** Says for how many milliseconds it has been open. */
  async open({ projectId }: Tenant): Promise<number> {
    const [{ openFor }] = await this.prisma.$queryRaw<[{ openFor: number }]>`
      INSERT INTO event_feeds AS feed (project_id, is_open, opened_at) VALUES (${projectId}, true, clock_timestamp())
      ON CONFLICT (project_id) DO UPDATE SET is_open = true,
        opened_at = CASE WHEN feed.is_open THEN feed.opened_at ELSE clock_timestamp() END
      RETURNING 1000 * extract(epoch FROM clock_timestamp() - opened_at)::float8 AS "openFor"`;
    return openFor;
  }

  /**
   * False when webhooks are sent from it. The feed is locked before they are looked for, as it is by who creates an
   * endpoint.
   */
  async close({ projectId }: Tenant): Promise<boolean> {
    return this.prisma.$transaction(async (transaction) => {
      await transaction.$queryRaw`SELECT FROM event_feeds WHERE project_id = ${projectId} FOR NO KEY UPDATE`;
      if (await transaction.webhookEndpoint.findFirst({ where: { projectId }, select: { id: true } })) return false;
      await transaction.$executeRaw`UPDATE event_feeds SET is_open = false WHERE project_id = ${projectId}`;
      return true;
    });
  }
}
