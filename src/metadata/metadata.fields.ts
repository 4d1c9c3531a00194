import { ApiProperty } from '@nestjs/swagger';
import { Field } from '../validation/fields.js';
import { MAX_METADATA_KEY, MAX_METADATA_PAIRS, MAX_METADATA_VALUE, metadata, metadataPatch } from './metadata.js';

const LIMITS =
  `Up to ${MAX_METADATA_PAIRS} pairs. Keys are strings of at most ${MAX_METADATA_KEY} characters, values strings of ` +
  `at most ${MAX_METADATA_VALUE}.`;

const map = (value: object) =>
  ({ type: 'object', additionalProperties: value, maxProperties: MAX_METADATA_PAIRS }) as const;

const VALUE = { type: 'string', maxLength: MAX_METADATA_VALUE };

/** Metadata of a request that creates or modifies something. */
export const MetadataField = (description: string): PropertyDecorator =>
  Field(
    metadata,
    { ...map(VALUE), description: `${description} ${LIMITS}`, example: { user: 'abc123' } },
    { optional: true, nullable: true },
  );

/** Metadata of a merge patch. */
export const MetadataPatchField = (): PropertyDecorator =>
  Field(
    metadataPatch,
    {
      type: 'object',
      additionalProperties: { ...VALUE, nullable: true },
      description: `Keys to set; null removes a key, and null for the whole removes them all. ${LIMITS}`,
      example: { user: 'abc123', plan: null },
    },
    { optional: true, nullable: true },
  );

/** Metadata of an answer: never null, `{}` when there is none. */
export const MetadataProperty = (): PropertyDecorator =>
  ApiProperty({
    ...map({ type: 'string' }),
    description: 'The pairs kept with this object.',
    example: { user: 'abc123' },
  });
