import { ApiSchema } from '@nestjs/swagger';
import { BodyLimit, MIB } from '../../http/body-limit.js';
import { CreateMessageDto } from '../../messages/dto/create-message.dto.js';
import { MetadataField } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import { listOf } from '../../validation/check.js';
import { Field, objectOf } from '../../validation/fields.js';
import { CreateToolResourcesDto } from './tool-resources.dto.js';

/** What OpenAI's servers accepted. */
const MAX_MESSAGES = 32;

/** 36 MiB hold 32 messages of 256,000 characters of four bytes each. */
@ApiSchema({ name: 'CreateThreadRequest' })
@BodyLimit(36 * MIB)
export class CreateThreadDto {
  @Field(
    listOf(
      objectOf(() => CreateMessageDto),
      { max: MAX_MESSAGES },
    ),
    {
      type: [CreateMessageDto],
      maxItems: MAX_MESSAGES,
      description: 'The messages that the thread starts with, oldest first.',
    },
    { optional: true },
  )
  messages?: CreateMessageDto[];

  @Field(
    objectOf(() => CreateToolResourcesDto),
    { type: () => CreateToolResourcesDto, description: "What the thread's tools may use." },
    { optional: true, nullable: true },
  )
  tool_resources?: CreateToolResourcesDto | null;

  @MetadataField('Pairs to keep with the thread.')
  metadata?: Metadata | null;
}
