import { Injectable } from '@nestjs/common';
import { PrismaService } from '../prisma/prisma.service.js';

/** The requests a minute that are allowed, and what one of them takes of the minute. */
export interface Rate {
  readonly limit: number;
  readonly microsecondsEach: number;
}

export interface Taken {
  /** How many of the wanted requests may be served. */
  readonly granted: number;
  /** How long it takes until all requests are there again. */
  readonly fullInMs: number;
}

/** The requests that keys have left, counted by the clock of the database, for all servers together. */
@Injectable()
export class RateLimitRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Takes as many requests as there are, up to those wanted; null when the key is gone. */
  async take(projectId: string, keyId: string, wanted: number, rate: Rate): Promise<Taken | null> {
    const taken = await this.takeFromRow(projectId, keyId, wanted, rate);
    if (taken) return taken;
    await this.insert(projectId, keyId);
    return this.takeFromRow(projectId, keyId, wanted, rate);
  }

  /** The inner select sees the row as the update has locked it, also after it waited for another server. */
  private async takeFromRow(projectId: string, keyId: string, wanted: number, rate: Rate): Promise<Taken | null> {
    const { limit, microsecondsEach } = rate;
    const [taken] = await this.prisma.$queryRaw<Taken[]>`
      UPDATE rate_limits SET (granted, full_at) = (
        SELECT fits, since + fits * ${microsecondsEach}::int * interval '1 microsecond'
        FROM (SELECT GREATEST(rate_limits.full_at, now()) AS since) AS used
        CROSS JOIN LATERAL (SELECT LEAST(${wanted}::int, GREATEST(0,
          ${limit}::int - CEIL(EXTRACT(EPOCH FROM used.since - now()) * 1000000 / ${microsecondsEach}::int)))::int AS fits
        ) AS room)
      WHERE project_id = ${projectId} AND key_id = ${keyId}
      RETURNING granted, (EXTRACT(EPOCH FROM full_at - now()) * 1000)::float AS "fullInMs"`;
    return taken ?? null;
  }

  /** The lock makes a revocation of the key wait, or waits for it: then there is no key, and no row. */
  private async insert(projectId: string, keyId: string): Promise<void> {
    await this.prisma.$executeRaw`
      INSERT INTO rate_limits (project_id, key_id, full_at, granted)
      SELECT project_id, id, now(), 0 FROM api_keys WHERE project_id = ${projectId} AND id = ${keyId} FOR KEY SHARE
      ON CONFLICT DO NOTHING`;
  }
}
