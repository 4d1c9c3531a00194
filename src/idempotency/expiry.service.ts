import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { isDatabaseAway, NotConnectedError } from '../errors/database-error.js';
import { IdempotencyRepository } from './idempotency.repository.js';

const INTERVAL_MS = 60_000;

/** What one statement deletes at most: a few milliseconds. */
const BATCH = 1_000;

/** An expired reply is not given any more, so it may stay a little: the clocks of servers differ. */
const GRACE_MS = 10 * 60_000;

/** Deletes replies that have expired, now and each minute. */
@Injectable()
export class ExpiryService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly replies: IdempotencyRepository,
    private readonly host: HttpAdapterHost<FastifyAdapter>,
  ) {}

  onApplicationBootstrap(): void {
    this.prune();
    this.timer = setInterval(() => this.prune(), INTERVAL_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.underWay;
  }

  private prune(): void {
    this.underWay ??= this.deleteExpired()
      .catch((error: unknown) => {
        // The next minute is soon enough.
        if (isDatabaseAway(error) || error instanceof NotConnectedError) return;
        this.host.httpAdapter.getInstance().log.error({ err: error }, 'Expired idempotency keys were not deleted.');
      })
      .finally(() => (this.underWay = undefined));
  }

  private async deleteExpired(): Promise<void> {
    const expiredBefore = new Date(Date.now() - GRACE_MS);
    while (!this.isStopped && (await this.replies.prune(expiredBefore, BATCH)) === BATCH);
  }
}
