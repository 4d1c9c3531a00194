import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { Readable } from 'node:stream';
import { CurrentTenant } from '../auth/caller.js';
import type { Tenant } from '../auth/tenant.js';
import {
  eventFeedOff,
  eventNotFound,
  eventsExpired,
  integerTooLarge,
  malformedId,
  threadNotFound,
  unsupportedValue,
} from '../errors/catalogue.js';
import { CheckedQuery } from '../http/request.pipe.js';
import { PROJECT_KEY } from '../openapi/document.js';
import { Operation } from '../openapi/operation.js';
import { LAST_EVENT_ID } from '../openapi/request-headers.js';
import { toList } from '../pagination/list.dto.js';
import { pageSizeOf } from '../pagination/list-query.dto.js';
import { EventDto } from './dto/event.dto.js';
import { eventsRequestOf, ListEventsQueryDto, StreamEventsQueryDto } from './dto/events-query.dto.js';
import { ListEventsDto } from './dto/list-events.dto.js';
import { EVENT_TYPES } from './event.js';
import { EventsService } from './events.service.js';
import { LastEventId } from './last-event-id.decorator.js';
import { ServerSentEvents } from './server-sent-events.js';

const AN_EVENT = 'evt_0000000000000042';

const OF_EVENTS = [
  unsupportedValue('types[0]', 'thread.read', EVENT_TYPES),
  malformedId('after', '42', 'evt_'),
  eventFeedOff(),
  eventNotFound(AN_EVENT),
  eventsExpired('after', AN_EVENT),
];

const A_STREAM = `retry: 1000

id: ${AN_EVENT}
event: thread.message.created
data: {"id":"${AN_EVENT}","object":"event","created_at":1699061776,"type":"thread.message.created","data":{"id":"msg_abc123","object":"thread.message","thread_id":"thread_abc123","version":1}}

: heartbeat

`;

@ApiTags('Events')
@ApiBearerAuth(PROJECT_KEY)
@Controller()
export class EventsController {
  constructor(
    private readonly events: EventsService,
    private readonly streams: ServerSentEvents,
  ) {}

  @Get('events')
  @Operation({
    id: 'listEvents',
    summary: 'Lists what was changed in the project, oldest first.',
    description: 'Without `after`, from the oldest event on that is kept.',
    answer: ListEventsDto,
    refusals: [integerTooLarge('limit', 100, 1000), ...OF_EVENTS],
  })
  async list(@CurrentTenant() tenant: Tenant, @CheckedQuery() query: ListEventsQueryDto): Promise<ListEventsDto> {
    return toList(await this.events.page(tenant, eventsRequestOf(query), pageSizeOf(query)), (each) =>
      EventDto.from(each),
    );
  }

  @Get('events/stream')
  @Operation({
    id: 'streamEvents',
    summary: 'Sends what is changed in the project, as it happens.',
    description:
      'Server-sent events: `id`, `event` (the type) and `data` (the event). Without a place to begin after, from now ' +
      'on. Where nothing happens there is a comment every 15 seconds. The stream ends when the server stops, the feed ' +
      'is switched off or the key is revoked; open it again with the last id.',
    stream: A_STREAM,
    headers: [LAST_EVENT_ID],
    refusals: OF_EVENTS,
  })
  async stream(
    @CurrentTenant() tenant: Tenant,
    @CheckedQuery() query: StreamEventsQueryDto,
    @LastEventId() lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    return this.streams.answer(reply, (signal) =>
      this.events.stream(tenant, eventsRequestOf(query, lastEventId), signal),
    );
  }

  @Get('threads/:thread_id/events')
  @Operation({
    id: 'streamThreadEvents',
    summary: 'Sends what is changed in a thread, as it happens.',
    description: 'As the stream of all events, of this thread only. It ends after the thread is deleted.',
    stream: A_STREAM,
    headers: [LAST_EVENT_ID],
    refusals: [malformedId('thread_id', 'undefined', 'thread'), threadNotFound('thread_abc123'), ...OF_EVENTS],
  })
  async streamThread(
    @CurrentTenant() tenant: Tenant,
    @Param('thread_id') threadId: string,
    @CheckedQuery() query: StreamEventsQueryDto,
    @LastEventId() lastEventId: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Readable> {
    return this.streams.answer(reply, (signal) =>
      this.events.stream(tenant, { ...eventsRequestOf(query, lastEventId), threadId }, signal),
    );
  }
}
