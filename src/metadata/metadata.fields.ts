import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { Field } from '../validation/fields.js';
import { MAX_METADATA_KEY, MAX_METADATA_PAIRS, MAX_METADATA_VALUE, metadata, metadataPatch } from './metadata.js';

const LIMITS =
  `Up to ${MAX_METADATA_PAIRS} pairs. Keys are strings of at most ${MAX_METADATA_KEY} characters, values strings of ` +
  `at most ${MAX_METADATA_VALUE}.`;

const VALUE = { type: 'string', maxLength: MAX_METADATA_VALUE };

const SCHEMA = {
  name: 'Metadata',
  description: LIMITS,
  additionalProperties: VALUE,
  propertyNames: { type: 'string', maxLength: MAX_METADATA_KEY },
  maxProperties: MAX_METADATA_PAIRS,
};

@ApiSchema(SCHEMA)
class MetadataDto {}

/** Metadata of a request that creates or modifies something. */
export const MetadataField = (description: string): PropertyDecorator =>
  Field(
    metadata,
    { type: () => MetadataDto, description, example: { user: 'abc123' } },
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

/** Metadata of an answer. It may be null by OpenAI's document, and never is. */
export const MetadataProperty = (): PropertyDecorator =>
  ApiProperty({
    type: () => MetadataDto,
    nullable: true,
    description: 'The pairs kept with this object; `{}` when there are none.',
    example: { user: 'abc123' },
  });
