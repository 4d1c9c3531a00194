import { unavailable } from '../../errors/catalogue.js';
import { eventsRequestOf, StreamEventsQueryDto } from '../../events/dto/events-query.dto.js';
import { type Event, eventIdAt, type EventType } from '../../events/event.js';
import { type EventsRequest, type EventStream, HEARTBEAT } from '../../events/events.service.js';
import type { Event as EventMessage } from '../../generated/grpc/threadstore/v1/Event.js';
import type { WatchRequest__Output } from '../../generated/grpc/threadstore/v1/WatchRequest.js';
import { unixSeconds } from '../../openapi/unix-time.js';
import { checkedQuery } from '../checked.js';
import { wordOf } from './enums.js';
import { timestampOf } from './times.js';

const TYPES = {
  'thread.created': 'EVENT_TYPE_THREAD_CREATED',
  'thread.updated': 'EVENT_TYPE_THREAD_UPDATED',
  'thread.deleted': 'EVENT_TYPE_THREAD_DELETED',
  'thread.message.created': 'EVENT_TYPE_THREAD_MESSAGE_CREATED',
  'thread.message.updated': 'EVENT_TYPE_THREAD_MESSAGE_UPDATED',
  'thread.message.deleted': 'EVENT_TYPE_THREAD_MESSAGE_DELETED',
} as const satisfies Record<EventType, string>;

/** What would be `types[]` by HTTP. */
const typeOf = (type: string): string => wordOf(type, 'EVENT_TYPE_')?.replaceAll('_', '.') ?? '';

export const watchOf = ({ after, thread_id, types }: WatchRequest__Output): EventsRequest => ({
  ...eventsRequestOf(
    checkedQuery(StreamEventsQueryDto, { after, types: types.length > 0 ? { '': types.map(typeOf) } : undefined }),
  ),
  threadId: thread_id || undefined,
});

const eventMessage = ({ position, type, createdAt, threadId, messageId, version }: Event): EventMessage => ({
  id: eventIdAt(position),
  type: TYPES[type],
  created_at: timestampOf(unixSeconds(createdAt)),
  thread_id: threadId,
  message_id: messageId ?? '',
  version: version ?? 0,
});

/** HTTP/2 has signs of life of its own. Who is to come again is told so. */
export async function* eventMessages(events: EventStream): AsyncGenerator<EventMessage> {
  try {
    for (;;) {
      const { done, value } = await events.next();
      if (done) {
        if (value === 'interrupted') throw unavailable('The stream has ended.');
        return;
      }
      if (value !== HEARTBEAT) yield eventMessage(value);
    }
  } finally {
    await events.return('interrupted');
  }
}
