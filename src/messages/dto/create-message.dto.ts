import { ApiExtraModels, getSchemaPath } from '@nestjs/swagger';
import { invalidType } from '../../errors/catalogue.js';
import { BodyLimit, MIB } from '../../http/body-limit.js';
import { MetadataField } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import type { RequestExamples } from '../../openapi/operation.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { type Check, listOf, oneOf } from '../../validation/check.js';
import { Field, objectOf } from '../../validation/fields.js';
import type { InputPart } from '../message-content.js';
import { MESSAGE_ROLES, type MessageRole } from '../message.js';
import { AttachmentDto, MAX_ATTACHMENTS } from './attachment.dto.js';
import {
  contentPart,
  ImageFilePartDto,
  ImageUrlPartDto,
  MAX_TEXT,
  messageText,
  TextPartDto,
} from './content-part.dto.js';

/** Ours, as for attachments. */
export const MAX_PARTS = 500;

const parts = listOf(contentPart, { min: 1, max: MAX_PARTS });

const content: Check = (value, path) => {
  if (typeof value === 'string') return messageText(value, path);
  if (Array.isArray(value)) return parts(value, path);
  return invalidType(path, 'one of an array of objects or string', value);
};

@RequestSchema({ name: 'CreateMessageRequest' })
@ApiExtraModels(TextPartDto, ImageUrlPartDto, ImageFilePartDto)
@BodyLimit(4 * MIB)
export class CreateMessageDto {
  static readonly examples: RequestExamples<CreateMessageDto> = {
    Text: { role: 'user', content: 'How does AI work? Explain it in simple terms.' },
    'Text and an image': {
      role: 'user',
      content: [
        { type: 'text', text: 'What is in this image?' },
        { type: 'image_url', image_url: { url: 'https://example.com/image.png' } },
      ],
    },
    'A file and metadata': {
      role: 'user',
      content: 'Please sum up the attached report.',
      attachments: [{ file_id: 'file-abc123', tools: [{ type: 'file_search' }] }],
      metadata: { source: 'web' },
    },
    'An answer': { role: 'assistant', content: 'It finds patterns in many examples, and uses them on new ones.' },
  };

  @Field(oneOf(MESSAGE_ROLES), {
    type: 'string',
    enum: [...MESSAGE_ROLES],
    description: 'Who is speaking: the user, or the assistant whose words are added to the conversation.',
    example: 'user',
  })
  role!: MessageRole;

  @Field(content, {
    oneOf: [
      { type: 'string', minLength: 1, maxLength: MAX_TEXT, title: 'Text content' },
      {
        type: 'array',
        minItems: 1,
        maxItems: MAX_PARTS,
        title: 'Array of content parts',
        items: {
          oneOf: [ImageFilePartDto, ImageUrlPartDto, TextPartDto].map((part) => ({ $ref: getSchemaPath(part) })),
        },
      },
    ],
    description: 'What they say: text, or a list of parts.',
    example: 'How does AI work? Explain it in simple terms.',
  })
  content!: string | InputPart[];

  @Field(
    listOf(
      objectOf(() => AttachmentDto),
      { max: MAX_ATTACHMENTS },
    ),
    {
      type: [AttachmentDto],
      maxItems: MAX_ATTACHMENTS,
      description: 'Files that belong to the message, and the tools they are meant for.',
      example: [{ file_id: 'file-abc123', tools: [{ type: 'code_interpreter' }] }],
    },
    { optional: true, nullable: true },
  )
  attachments?: AttachmentDto[] | null;

  @MetadataField('Pairs to keep with the message.')
  metadata?: Metadata | null;
}
