import { Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { EventsModule } from '../events/events.module.js';
import { PruningService } from '../pruning/pruning.service.js';
import { AttemptsRepository } from './attempts.repository.js';
import { DeliveryService } from './delivery.service.js';
import { Destinations } from './destinations.js';
import { FanOutRepository } from './fan-out.repository.js';
import { OutboxLag } from './outbox-lag.js';
import { SenderService } from './sender.service.js';
import { TurnsRepository } from './turns.repository.js';
import { WebhookDeliveriesController } from './webhook-deliveries.controller.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';
import { WebhookEndpointsController } from './webhook-endpoints.controller.js';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';

const HOUR_MS = 3_600_000;

@Module({
  imports: [EventsModule],
  controllers: [WebhookEndpointsController, WebhookDeliveriesController],
  providers: [
    AttemptsRepository,
    DeliveryService,
    Destinations,
    FanOutRepository,
    OutboxLag,
    SenderService,
    TurnsRepository,
    WebhookDeliveriesRepository,
    WebhookDeliveriesService,
    WebhookEndpointsRepository,
    WebhookEndpointsService,
  ],
})
export class WebhooksModule {
  /** Deliveries that are over are deleted when their events are. */
  constructor(pruning: PruningService, deliveries: WebhookDeliveriesRepository, { eventsTtl }: Config) {
    pruning.keep('webhook deliveries', eventsTtl * HOUR_MS, (olderThan, limit) => deliveries.prune(olderThan, limit));
  }
}
