import { Injectable } from '@nestjs/common';
import { Metrics } from '../metrics/metrics.js';
import { FanOutRepository } from './fan-out.repository.js';

/** How often it is looked for: an alarm waits for minutes. */
const INTERVAL_MS = 5_000;

/** Says in the metrics how far behind the webhooks are. */
@Injectable()
export class OutboxLag {
  private measuredAt = 0;

  constructor(
    private readonly fanOut: FanOutRepository,
    private readonly metrics: Metrics,
  ) {}

  async measure(): Promise<void> {
    if (Date.now() - this.measuredAt < INTERVAL_MS) return;
    this.measuredAt = Date.now();
    // Events of another server may come from its future.
    this.metrics.outboxLag.set(Math.max(0, (await this.fanOut.lag()) ?? 0));
  }

  /** Nobody waits: there is no endpoint. */
  clear(): void {
    this.metrics.outboxLag.set(0);
  }
}
