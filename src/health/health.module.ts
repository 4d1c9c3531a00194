import { type DynamicModule, Module } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { HealthController } from './health.controller.js';
import { HealthRepository } from './health.repository.js';
import { HealthService } from './health.service.js';

@Module({ providers: [HealthService, HealthRepository] })
export class HealthModule {
  static with({ hasProbes }: Config): DynamicModule {
    return { module: HealthModule, controllers: hasProbes ? [HealthController] : [] };
  }
}
