import { Module } from '@nestjs/common';
import { Config } from '../config/config.js';
import { PruningService } from '../pruning/pruning.service.js';
import { EventFeedsController } from './event-feeds.controller.js';
import { EventFeedsRepository } from './event-feeds.repository.js';
import { EventFeedsService } from './event-feeds.service.js';
import { EventsController } from './events.controller.js';
import { EventsRepository } from './events.repository.js';
import { EventsService } from './events.service.js';
import { FeedWatch } from './feed-watch.js';
import { ServerSentEvents } from './server-sent-events.js';
import { WakeUps } from './wake-ups.js';

const HOUR_MS = 3_600_000;

@Module({
  controllers: [EventFeedsController, EventsController],
  providers: [
    EventFeedsRepository,
    EventFeedsService,
    EventsRepository,
    EventsService,
    FeedWatch,
    ServerSentEvents,
    WakeUps,
  ],
  exports: [EventFeedsService, EventsRepository, EventsService, WakeUps],
})
export class EventsModule {
  constructor(pruning: PruningService, events: EventsRepository, { eventsTtl }: Config) {
    pruning.keep('events', eventsTtl * HOUR_MS, (olderThan, limit) => events.prune(olderThan, limit));
  }
}
