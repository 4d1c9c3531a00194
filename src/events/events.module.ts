import { Module } from '@nestjs/common';
import { EventFeedsController } from './event-feeds.controller.js';
import { EventFeedsRepository } from './event-feeds.repository.js';
import { EventFeedsService } from './event-feeds.service.js';
import { EventsController } from './events.controller.js';
import { EventsRepository } from './events.repository.js';
import { EventsService } from './events.service.js';
import { FeedWatch } from './feed-watch.js';
import { RetentionService } from './retention.service.js';
import { ServerSentEvents } from './server-sent-events.js';
import { WakeUps } from './wake-ups.js';

@Module({
  controllers: [EventFeedsController, EventsController],
  providers: [
    EventFeedsRepository,
    EventFeedsService,
    EventsRepository,
    EventsService,
    FeedWatch,
    RetentionService,
    ServerSentEvents,
    WakeUps,
  ],
  exports: [EventFeedsService, EventsRepository, EventsService, WakeUps],
})
export class EventsModule {}
