import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { Config } from '../config/config.js';
import { isDatabaseAway, NotConnectedError } from '../errors/database-error.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';

const INTERVAL_MS = 60_000;

/** What one statement deletes at most: a few milliseconds. */
const BATCH = 1_000;

const HOUR_MS = 3_600_000;

/** Deletes deliveries that are over when their events would be deleted too, now and each minute. */
@Injectable()
export class DeliveriesRetentionService implements OnApplicationBootstrap, OnApplicationShutdown {
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly config: Config,
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
    this.underWay ??= this.deleteOld()
      .catch((error: unknown) => {
        // The next minute is soon enough.
        if (isDatabaseAway(error) || error instanceof NotConnectedError) return;
        this.host.httpAdapter.getInstance().log.error({ err: error }, 'Old webhook deliveries were not deleted.');
      })
      .finally(() => (this.underWay = undefined));
  }

  private async deleteOld(): Promise<void> {
    const olderThan = new Date(Date.now() - this.config.eventsTtl * HOUR_MS);
    while (!this.isStopped && (await this.deliveries.prune(olderThan, BATCH)) === BATCH);
  }
}
