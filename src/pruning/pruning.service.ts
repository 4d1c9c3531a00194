import { Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { isDatabaseAway, NotConnectedError } from '../errors/database-error.js';

const INTERVAL_MS = 60_000;

/** What one statement deletes at most: a few milliseconds. */
const BATCH = 1_000;

/** Deletes what is older, about so many rows at most, and says how many they were. */
type Prune = (olderThan: Date, limit: number) => Promise<number>;

interface Kept {
  /** As the log names it. */
  readonly what: string;
  readonly forMs: number;
  readonly prune: Prune;
}

/** Deletes what is kept for a time only, now and each minute. */
@Injectable()
export class PruningService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly kept: Kept[] = [];
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<unknown> | undefined;
  private isStopped = false;

  constructor(private readonly host: HttpAdapterHost<FastifyAdapter>) {}

  /** From now on also what `prune` deletes, once it is this old. */
  keep(what: string, forMs: number, prune: Prune): void {
    this.kept.push({ what, forMs, prune });
  }

  onApplicationBootstrap(): void {
    this.pruneAll();
    this.timer = setInterval(() => this.pruneAll(), INTERVAL_MS).unref();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.underWay;
  }

  private pruneAll(): void {
    this.underWay ??= Promise.all(this.kept.map((each) => this.pruneOld(each))).finally(
      () => (this.underWay = undefined),
    );
  }

  private async pruneOld({ what, forMs, prune }: Kept): Promise<void> {
    const olderThan = new Date(Date.now() - forMs);
    try {
      while (!this.isStopped && (await prune(olderThan, BATCH)) >= BATCH);
    } catch (error) {
      // The next minute is soon enough.
      if (isDatabaseAway(error) || error instanceof NotConnectedError) return;
      this.host.httpAdapter.getInstance().log.error({ err: error }, `Old ${what} were not deleted.`);
    }
  }
}
