import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import type { RequestExamples } from '../../openapi/operation.js';
import { ConstantProperty } from '../../openapi/properties.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { boolean } from '../../validation/check.js';
import { Field } from '../../validation/fields.js';
import type { EventFeed } from '../event-feed.js';
import { eventIdAt } from '../event.js';

@RequestSchema({ name: 'EventFeedRequest' })
export class SetEventFeedDto {
  static readonly examples: RequestExamples<SetEventFeedDto> = { 'Switch it on': { enabled: true } };

  @Field(boolean, { type: 'boolean', description: 'Whether changes are to be recorded from now on.' })
  enabled!: boolean;
}

@ApiSchema({ name: 'EventFeed', description: 'Whether the changes of the project are recorded.' })
export class EventFeedDto {
  @ConstantProperty('event_feed')
  object!: 'event_feed';

  @ApiProperty({ description: 'Whether changes are recorded.', example: true })
  enabled!: boolean;

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'The id of the newest event, to begin after; null before the first.',
    example: 'evt_0000000000000042',
  })
  last_id!: string | null;

  static from({ isOpen, lastPosition }: EventFeed): EventFeedDto {
    return {
      object: 'event_feed',
      enabled: isOpen,
      last_id: lastPosition === 0 ? null : eventIdAt(lastPosition),
    };
  }
}
