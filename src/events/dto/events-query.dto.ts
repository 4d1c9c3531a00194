import { ApiSchema } from '@nestjs/swagger';
import { invalidType } from '../../errors/catalogue.js';
import { CursorField, PageQueryDto } from '../../pagination/list-query.dto.js';
import { type Check, isObject, listOf, oneOf } from '../../validation/check.js';
import { Field } from '../../validation/fields.js';
import { EVENT_TYPES, type EventType } from '../event.js';
import type { EventsRequest } from '../events.service.js';

/** `types[]=…`, once or more, is an object with one nameless field in a query; `types=…` is one type. */
type TypesInQuery = EventType | { readonly '': EventType | readonly EventType[] };

const types: Check = (value, path) => {
  if (!isObject(value)) return oneOf(EVENT_TYPES)(value, path);
  if (Object.keys(value).join() !== '') return invalidType(path, 'an array', value);
  return listOf(oneOf(EVENT_TYPES), { max: EVENT_TYPES.length })([value['']].flat(), path);
};

const typesIn = (query: TypesInQuery): readonly EventType[] =>
  typeof query === 'string' ? [query] : [query['']].flat();

const TypesField = () =>
  Field(
    types,
    {
      name: 'types[]',
      type: 'array',
      items: { type: 'string', enum: [...EVENT_TYPES] },
      maxItems: EVENT_TYPES.length,
      description: 'Only events of these types: `types[]=thread.created&types[]=thread.deleted`.',
    },
    { optional: true },
  );

@ApiSchema({ name: 'ListEventsQuery' })
export class ListEventsQueryDto extends PageQueryDto {
  @TypesField()
  types?: TypesInQuery;
}

@ApiSchema({ name: 'StreamEventsQuery' })
export class StreamEventsQueryDto {
  @CursorField(
    'The id of an event: begin with what comes after it. The header `Last-Event-ID` counts more. Empty counts as absent.',
  )
  after?: string;

  @TypesField()
  types?: TypesInQuery;
}

/** `lastEventId` is where a stream was left. */
export function eventsRequestOf({ after, types: wanted }: StreamEventsQueryDto, lastEventId?: string): EventsRequest {
  return {
    after: lastEventId
      ? { id: lastEventId, param: 'Last-Event-ID' }
      : after
        ? { id: after, param: 'after' }
        : undefined,
    types: wanted === undefined ? undefined : typesIn(wanted),
  };
}
