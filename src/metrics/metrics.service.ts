import { Injectable } from '@nestjs/common';
import { Pool } from 'pg';
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client';
import { Metrics } from './metrics.js';

/** What one process has counted, in a form that can be added to that of others. */
export type Counts = MetricObjectWithValues<MetricValue<string>>[];

/** Asks all processes that serve the port for what they have counted. */
export type Gather = () => Promise<readonly Counts[]>;

@Injectable()
export class MetricsService {
  private gather: Gather | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly pool: Pool,
  ) {}

  /** From now on the text is that of several processes. */
  share(gather: Gather): void {
    this.gather = gather;
  }

  /** In the text format of Prometheus. */
  async text(): Promise<string> {
    if (this.gather) return AggregatorRegistry.aggregate([...(await this.gather())]).metrics();
    this.readPool();
    return this.metrics.registry.metrics();
  }

  /** Of this process alone. */
  async counts(): Promise<Counts> {
    this.readPool();
    return this.metrics.registry.getMetricsAsJSON();
  }

  private readPool(): void {
    const { totalCount, idleCount, waitingCount, options } = this.pool;
    const { connections, connectionsWaitedFor, connectionsAtMost } = this.metrics;
    connections.set({ state: 'idle' }, idleCount);
    connections.set({ state: 'busy' }, totalCount - idleCount);
    connectionsWaitedFor.set(waitingCount);
    connectionsAtMost.set(options.max);
  }
}
