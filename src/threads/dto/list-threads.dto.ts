import { ApiSchema } from '@nestjs/swagger';
import { duplicateParameter } from '../../errors/catalogue.js';
import {
  MAX_METADATA_KEY,
  MAX_METADATA_PAIRS,
  MAX_METADATA_VALUE,
  metadata,
  type Metadata,
} from '../../metadata/metadata.js';
import { integerText, ListQueryDto } from '../../pagination/list-query.dto.js';
import { ListDto } from '../../pagination/list.dto.js';
import { all, type Check, isObject, joinPath } from '../../validation/check.js';
import { Field } from '../../validation/fields.js';
import type { ThreadFilter } from '../thread.js';
import { ThreadDto } from './thread.dto.js';

/** The last second of the year 9999, where PostgreSQL's and JavaScript's dates agree. */
const MAX_TIME = 253_402_300_799;

const TimeField = (description: string) =>
  Field(
    integerText({ min: 0, max: MAX_TIME }),
    { type: 'integer', minimum: 0, maximum: MAX_TIME, description },
    { optional: true },
  );

/** A key that is given more than once in a query has an array for a value. */
const givenOnce: Check = (value, path) => {
  const twice = isObject(value) ? Object.keys(value).find((key) => Array.isArray(value[key])) : undefined;
  return twice === undefined ? null : duplicateParameter(joinPath(path, twice));
};

@ApiSchema({ name: 'ListThreadsQuery' })
export class ListThreadsQueryDto extends ListQueryDto {
  @Field(
    all(givenOnce, metadata),
    {
      type: 'object',
      additionalProperties: { type: 'string', maxLength: MAX_METADATA_VALUE },
      maxProperties: MAX_METADATA_PAIRS,
      description:
        'Only threads that have all of these pairs: `metadata[user]=abc123` in a URL, `{"user": "abc123"}` in Swagger UI. ' +
        `Keys have at most ${MAX_METADATA_KEY} characters.`,
    },
    { optional: true },
  )
  metadata?: Metadata;

  @TimeField('Only threads whose `created_at` is greater.')
  created_after?: string;

  @TimeField('Only threads whose `created_at` is less.')
  created_before?: string;
}

@ApiSchema({ name: 'ListThreadsResponse' })
export class ListThreadsDto extends ListDto(ThreadDto, 'thread_abc123') {}

const toNumber = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

export const threadFilterOf = (query: ListThreadsQueryDto): ThreadFilter => ({
  metadata: query.metadata,
  createdAfter: toNumber(query.created_after),
  createdBefore: toNumber(query.created_before),
});
