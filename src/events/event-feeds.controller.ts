import { Controller, Get, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant } from '../auth/caller.js';
import type { Tenant } from '../auth/tenant.js';
import { eventFeedInUse, invalidType } from '../errors/catalogue.js';
import { CheckedBody } from '../http/request.pipe.js';
import { PROJECT_KEY } from '../openapi/document.js';
import { Operation } from '../openapi/operation.js';
import { EventFeedDto, SetEventFeedDto } from './dto/event-feed.dto.js';
import { EventFeedsService } from './event-feeds.service.js';

@ApiTags('Events')
@ApiBearerAuth(PROJECT_KEY)
@Controller('event_feed')
export class EventFeedsController {
  constructor(private readonly feeds: EventFeedsService) {}

  @Get()
  @Operation({
    id: 'getEventFeed',
    summary: 'Says whether changes of the project are recorded.',
    answer: EventFeedDto,
    refusals: [],
  })
  async get(@CurrentTenant() tenant: Tenant): Promise<EventFeedDto> {
    return EventFeedDto.from(await this.feeds.get(tenant));
  }

  @Post()
  @Operation({
    id: 'setEventFeed',
    summary: 'Switches the recording of changes on or off.',
    description:
      'Switched on, it answers when everything that is asked for from then on will be recorded: within about a second.',
    body: SetEventFeedDto,
    answer: EventFeedDto,
    refusals: [invalidType('enabled', 'a boolean', 'yes'), eventFeedInUse()],
  })
  async set(@CurrentTenant() tenant: Tenant, @CheckedBody() request: SetEventFeedDto): Promise<EventFeedDto> {
    return EventFeedDto.from(await this.feeds.set(tenant, request.enabled));
  }
}
