import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { counters } from '../prisma/shared-statements.js';
import type { Series } from './histogram.js';
import { Metrics } from './metrics.js';

/** Counts the requests that share a statement. */
@Injectable()
export class StatementMetrics implements OnApplicationShutdown {
  private readonly kinds = new Map<string, Series>();

  constructor(private readonly metrics: Metrics) {
    counters.add(this.count);
  }

  onApplicationShutdown(): void {
    counters.delete(this.count);
  }

  private readonly count = (kind: string, requests: number): void => {
    let series = this.kinds.get(kind);
    if (!series) this.kinds.set(kind, (series = this.metrics.statementRows.add({ statement: kind })));
    series.observe(requests);
  };
}
