import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AdministrationModule } from './administration/administration.module.js';
import { AuditModule } from './audit/audit.module.js';
import { AuthModule } from './auth/auth.module.js';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { HttpErrorFilter } from './errors/http-error.filter.js';
import { EventsModule } from './events/events.module.js';
import { HealthModule } from './health/health.module.js';
import { MessagesModule } from './messages/messages.module.js';
import { MetricsModule } from './metrics/metrics.module.js';
import { PrismaModule } from './prisma/prisma.module.js';
import { PruningModule } from './pruning/pruning.module.js';
import { RateLimitModule } from './rate-limit/rate-limit.module.js';
import { ThreadsModule } from './threads/threads.module.js';
import { VectorStoresModule } from './vector-stores/vector-stores.module.js';
import { WebhooksModule } from './webhooks/webhooks.module.js';

@Module({
  providers: [{ provide: APP_FILTER, useClass: HttpErrorFilter }],
})
export class AppModule {
  /** Guards run in the order of their modules: who asks comes before how much they asked for. */
  static with(config: Config, otherDoors: readonly Type[] = []): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(config),
        PrismaModule,
        AuditModule,
        AuthModule,
        PruningModule,
        ...(config.rateLimit > 0 ? [RateLimitModule] : []),
        ThreadsModule,
        MessagesModule,
        VectorStoresModule,
        EventsModule,
        WebhooksModule,
        AdministrationModule,
        HealthModule.with(config),
        MetricsModule.with(config),
        ...otherDoors,
      ],
    };
  }
}
