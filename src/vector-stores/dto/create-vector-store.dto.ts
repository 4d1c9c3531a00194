import { ApiExtraModels, getSchemaPath } from '@nestjs/swagger';
import { integerTooLarge, invalidType } from '../../errors/catalogue.js';
import { MetadataField } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { all, type Check, integer, isObject, joinPath, listOf, oneOf, required, text } from '../../validation/check.js';
import { Field, objectOf } from '../../validation/fields.js';
import type { ChunkingStrategy } from '../vector-store.js';

/** OpenAI's limits of a chunk, in tokens, and of a store, in files. */
const MIN_CHUNK = 100;
const MAX_CHUNK = 4096;
const MAX_FILES = 100_000_000;
const MAX_FILE_ID = 512;

const TypeField = (type: string) =>
  Field(oneOf([type]), { type: 'string', enum: [type], description: `Always \`${type}\`.` });

@RequestSchema({ name: 'AutoChunkingStrategy', description: 'Chunks of 800 tokens that overlap by 400.' })
export class AutoChunkingDto {
  @TypeField('auto')
  type!: 'auto';
}

@RequestSchema({ name: 'StaticChunking' })
export class ChunkSizesDto {
  @Field(integer({ min: MIN_CHUNK, max: MAX_CHUNK }), {
    type: 'integer',
    minimum: MIN_CHUNK,
    maximum: MAX_CHUNK,
    description: 'The most tokens of a chunk.',
    example: 800,
  })
  max_chunk_size_tokens!: number;

  @Field(integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), {
    type: 'integer',
    minimum: 0,
    description: 'How many tokens neighbouring chunks share: at most half of `max_chunk_size_tokens`.',
    example: 400,
  })
  chunk_overlap_tokens!: number;
}

/** Holds the sizes against each other. */
const overlapFits: Check = (value, path) => {
  if (!isObject(value)) return null;
  const half = Math.floor(Number(value.max_chunk_size_tokens) / 2);
  const overlap = Number(value.chunk_overlap_tokens);
  return overlap > half ? integerTooLarge(joinPath(path, 'chunk_overlap_tokens'), half, overlap) : null;
};

@RequestSchema({ name: 'StaticChunkingStrategy', description: 'Chunks of a given size.' })
export class StaticChunkingDto {
  @TypeField('static')
  type!: 'static';

  @Field(
    all(
      objectOf(() => ChunkSizesDto),
      overlapFits,
    ),
    { type: () => ChunkSizesDto, description: 'The sizes.' },
  )
  static!: ChunkSizesDto;
}

const checksByType: Readonly<Record<string, Check>> = {
  auto: objectOf(() => AutoChunkingDto),
  static: objectOf(() => StaticChunkingDto),
};

const strategyType = required(oneOf(Object.keys(checksByType)));

const chunkingStrategy: Check = (value, path) => {
  if (!isObject(value)) return invalidType(path, 'an object', value);
  return strategyType(value.type, joinPath(path, 'type')) ?? checksByType[String(value.type)]!(value, path);
};

@RequestSchema({ name: 'CreateThreadVectorStore', description: 'A vector store to make and attach to the thread.' })
@ApiExtraModels(AutoChunkingDto, StaticChunkingDto)
export class CreateVectorStoreDto {
  @Field(
    listOf(text({ min: 1, max: MAX_FILE_ID }), { max: MAX_FILES }),
    {
      type: 'array',
      items: { type: 'string', minLength: 1, maxLength: MAX_FILE_ID },
      maxItems: MAX_FILES,
      description: 'The ids of its files. They are kept, nothing is fetched or indexed.',
      example: ['file-abc123'],
    },
    { optional: true },
  )
  file_ids?: string[];

  @Field(
    chunkingStrategy,
    {
      oneOf: [AutoChunkingDto, StaticChunkingDto].map((strategy) => ({ $ref: getSchemaPath(strategy) })),
      description: 'How the files are to be cut; `auto` when left out.',
      example: { type: 'auto' },
    },
    { optional: true },
  )
  chunking_strategy?: ChunkingStrategy;

  @MetadataField('Pairs to keep with the vector store.')
  metadata?: Metadata | null;
}
