import { Module } from '@nestjs/common';
import { EventFeedsRepository } from './event-feeds.repository.js';
import { EventFeedsService } from './event-feeds.service.js';
import { EventsRepository } from './events.repository.js';

@Module({
  providers: [EventFeedsRepository, EventFeedsService, EventsRepository],
  exports: [EventFeedsService, EventsRepository],
})
export class EventsModule {}
