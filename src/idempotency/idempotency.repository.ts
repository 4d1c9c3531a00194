import { Injectable } from '@nestjs/common';
import { Config } from '../config/config.js';
import type { Prisma } from '../generated/prisma/client.js';
import { PrismaService } from '../prisma/prisma.service.js';
import type { KeyedRequest } from './keyed-request.js';

/** A reply as it was sent, and is sent again. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  /** Of what it shows, for `ETag`. */
  readonly version: number | null;
}

export interface KeptReply extends Reply {
  readonly fingerprint: Uint8Array<ArrayBuffer>;
}

type Claim = { readonly isClaimed: boolean } & (KeptReply | { readonly status: null });

/** The replies to requests with a key. Each is stored by the transaction that did the work. */
@Injectable()
export class IdempotencyRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly config: Config,
  ) {}

  transaction<Result>(work: (transaction: Prisma.TransactionClient) => Promise<Result>): Promise<Result> {
    return this.prisma.inTransaction(work);
  }

  /**
   * The reply that is kept for the key, or else whether the transaction may do the work: of those at the same time one
   * may. Nobody waits, as an INSERT of the same key would for the end of the other transaction.
   */
  async claim(transaction: Prisma.TransactionClient, { projectId, key }: KeyedRequest): Promise<KeptReply | boolean> {
    const [claim] = await transaction.$queryRaw<[Claim]>`
      SELECT lock.claimed AS "isClaimed", kept.fingerprint, kept.status, kept.body, kept.version
      FROM (SELECT pg_try_advisory_xact_lock(hashtextextended(${`${projectId}/${key}`}, 0)) AS claimed) AS lock
      LEFT JOIN idempotency_keys AS kept
        ON kept.project_id = ${projectId} AND kept.key = ${key} AND kept.expires_at > now()`;
    return claim.status === null ? claim.isClaimed : claim;
  }

  /** Stores a reply; false when there is one after all: whoever claimed the key before has committed since we looked. */
  async keep(transaction: Prisma.TransactionClient, { projectId, key, fingerprint }: KeyedRequest, reply: Reply) {
    const { status, body, version } = reply;
    const count = await transaction.$executeRaw`
      INSERT INTO idempotency_keys AS kept (project_id, key, fingerprint, status, body, version, expires_at)
      VALUES (${projectId}, ${key}, ${fingerprint}, ${status}, ${body}, ${version},
        now() + make_interval(hours => ${this.config.idempotencyTtl}))
      ON CONFLICT (project_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
        body = excluded.body, version = excluded.version, expires_at = excluded.expires_at
      WHERE kept.expires_at <= now()`;
    return count === 1;
  }

  /** Deletes replies that have expired, a bounded number; several servers share the work. */
  async prune(expiredBefore: Date, limit: number): Promise<number> {
    return this.prisma.$executeRaw`
      DELETE FROM idempotency_keys WHERE (project_id, key) IN (
        SELECT expired.project_id, expired.key FROM idempotency_keys AS expired
        WHERE expired.expires_at < ${expiredBefore}
        ORDER BY expired.expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`;
  }
}
