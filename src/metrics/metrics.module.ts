import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { StatementMetrics } from './statement-metrics.js';

/** What there is to count is counted in `Metrics` by whoever does it; with METRICS=off nobody can read it. */
@Module({ exports: [Metrics] })
export class MetricsModule {
  static with({ hasMetrics }: Config): DynamicModule {
    return {
      module: MetricsModule,
      global: true,
      providers: [Metrics, MetricsService, ...(hasMetrics ? [StatementMetrics] : [])],
      controllers: hasMetrics ? [MetricsController] : [],
    };
  }
}
