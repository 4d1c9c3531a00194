import { BodyLimit, MIB } from '../../http/body-limit.js';
import { CreateMessageDto } from '../../messages/dto/create-message.dto.js';
import { MetadataField } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import type { RequestExamples } from '../../openapi/operation.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { listOf } from '../../validation/check.js';
import { Field, objectOf } from '../../validation/fields.js';
import { CreateToolResourcesDto } from './tool-resources.dto.js';

/** What OpenAI's servers accepted. */
const MAX_MESSAGES = 32;

/** 36 MiB hold 32 messages of 256,000 characters of four bytes each. */
@RequestSchema({ name: 'CreateThreadRequest' })
@BodyLimit(36 * MIB)
export class CreateThreadDto {
  static readonly examples: RequestExamples<CreateThreadDto> = {
    'A question': {
      messages: [{ role: 'user', content: 'How does AI work? Explain it in simple terms.' }],
      metadata: { user: 'abc123' },
    },
    'An image and a file': {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Which of these figures does the image show?' },
            { type: 'image_url', image_url: { url: 'https://example.com/chart.png', detail: 'high' } },
          ],
          attachments: [{ file_id: 'file-abc123', tools: [{ type: 'code_interpreter' }] }],
        },
      ],
      tool_resources: { code_interpreter: { file_ids: ['file-abc123'] } },
    },
    'A new vector store': {
      tool_resources: {
        file_search: {
          vector_stores: [
            {
              file_ids: ['file-abc123', 'file-abc456'],
              chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 } },
            },
          ],
        },
      },
    },
    Nothing: {},
  };

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
