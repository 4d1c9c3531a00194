import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ConstantProperty, TimeProperty } from '../../openapi/properties.js';
import { unixSeconds } from '../../openapi/unix-time.js';
import { type Event, EVENT_TYPES, eventIdAt, type EventType } from '../event.js';

const OBJECTS = ['thread', 'thread.deleted', 'thread.message', 'thread.message.deleted'] as const;
type ChangedObject = (typeof OBJECTS)[number];

/** As the answer to a GET of it says, or to the DELETE. */
const OBJECT_OF: Readonly<Record<EventType, ChangedObject>> = {
  'thread.created': 'thread',
  'thread.updated': 'thread',
  'thread.deleted': 'thread.deleted',
  'thread.message.created': 'thread.message',
  'thread.message.updated': 'thread.message',
  'thread.message.deleted': 'thread.message.deleted',
};

@ApiSchema({ name: 'EventData' })
export class EventDataDto {
  @ApiProperty({ description: 'The id of what was changed.', example: 'msg_abc123' })
  id!: string;

  @ApiProperty({ enum: [...OBJECTS], description: 'What was changed, or deleted.', example: 'thread.message' })
  object!: ChangedObject;

  @ApiProperty({
    required: false,
    description: 'The thread of a message. Left out when `id` is that of a thread.',
    example: 'thread_abc123',
  })
  thread_id?: string;

  @ApiProperty({
    required: false,
    type: 'integer',
    description: 'The version that the change made, as in `ETag`. Left out when it was deleted.',
    example: 1,
  })
  version?: number;
}

@ApiSchema({ name: 'Event' })
export class EventDto {
  @ApiProperty({
    description: 'Its place in the order of its project.',
    pattern: '^evt_\\d{16}$',
    example: 'evt_0000000000000042',
  })
  id!: string;

  @ConstantProperty('event')
  object!: 'event';

  @TimeProperty('When it happened.', { example: 1_699_061_776 })
  created_at!: number;

  @ApiProperty({ enum: [...EVENT_TYPES], description: 'What happened.', example: 'thread.message.created' })
  type!: EventType;

  @ApiProperty({ description: 'To what it happened. Its content is for a GET.' })
  data!: EventDataDto;

  static from({ position, type, threadId, messageId, version, createdAt }: Event): EventDto {
    return {
      id: eventIdAt(position),
      object: 'event',
      created_at: unixSeconds(createdAt),
      type,
      data: {
        id: messageId ?? threadId,
        object: OBJECT_OF[type],
        ...(messageId !== null && { thread_id: threadId }),
        ...(version !== null && { version }),
      },
    };
  }
}
