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

  async open({ projectId }: Tenant): Promise<EventFeed> {
    const [feed] = await this.prisma.$queryRaw<[EventFeed]>`
      INSERT INTO event_feeds (project_id, is_open) VALUES (${projectId}, true)
      ON CONFLICT (project_id) DO UPDATE SET is_open = true RETURNING ${COLUMNS}`;
    return feed;
  }

  /** Null when it was never opened. */
  async close({ projectId }: Tenant): Promise<EventFeed | null> {
    const [feed] = await this.prisma.$queryRaw<EventFeed[]>`
      UPDATE event_feeds SET is_open = false WHERE project_id = ${projectId} RETURNING ${COLUMNS}`;
    return feed ?? null;
  }
}
