import { ApiExtraModels, ApiProperty, ApiSchema, getSchemaPath } from '@nestjs/swagger';
import { asJson, type Json } from '../../json/json.js';
import { MetadataProperty } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import { type Attachment, MESSAGE_ROLES, type MessageRole } from '../message.js';
import type { ContentPart } from '../message-content.js';
import { AttachmentDto } from './attachment.dto.js';
import { ImageFilePartDto, ImageUrlPartDto } from './content-part.dto.js';
import { RefusalPartDto, TextContentDto } from './message-content.dto.js';
import { ConstantProperty, TimeProperty } from '../../openapi/properties.js';

const INCOMPLETE_REASONS = ['content_filter', 'max_tokens', 'run_cancelled', 'run_expired', 'run_failed'];

type Values = Readonly<
  Record<'id' | 'threadId' | 'createdAt' | 'role' | 'content' | 'attachments' | 'metadata', string>
>;

@ApiSchema({ name: 'MessageObject', description: 'A message of a thread.' })
@ApiExtraModels(TextContentDto, ImageUrlPartDto, ImageFilePartDto, RefusalPartDto)
export class MessageDto {
  @ApiProperty({ description: 'The id of the message.', example: 'msg_abc123' })
  id!: string;

  @ConstantProperty('thread.message')
  object!: 'thread.message';

  @TimeProperty('When it was created, in Unix seconds.', { example: 1698983503 })
  created_at!: number;

  @ApiProperty({ description: 'The id of its thread.', example: 'thread_abc123' })
  thread_id!: string;

  @ApiProperty({
    type: 'string',
    enum: ['in_progress', 'incomplete', 'completed'],
    description: 'A message that was made through the API is `completed`.',
    example: 'completed',
  })
  status!: 'completed';

  @ApiProperty({
    type: 'object',
    properties: { reason: { type: 'string', enum: INCOMPLETE_REASONS, description: 'The reason.' } },
    selfRequired: true,
    required: ['reason'],
    nullable: true,
    description: 'Why the message is incomplete; null, since no run writes messages here.',
    example: null,
  })
  incomplete_details!: null;

  @TimeProperty('When it was completed, in Unix seconds.', { nullable: true, example: 1698983503 })
  completed_at!: number;

  @TimeProperty('When it was found to be incomplete.', { nullable: true, example: null })
  incomplete_at!: null;

  @ApiProperty({ type: 'string', enum: [...MESSAGE_ROLES], description: 'Who is speaking.' })
  role!: MessageRole;

  @ApiProperty({
    type: 'array',
    items: {
      oneOf: [ImageFilePartDto, ImageUrlPartDto, TextContentDto, RefusalPartDto].map((part) => ({
        $ref: getSchemaPath(part),
      })),
    },
    description: 'What they say.',
    example: [{ type: 'text', text: { value: 'How does AI work?', annotations: [] } }],
  })
  content!: readonly ContentPart[];

  @ApiProperty({
    type: 'string',
    nullable: true,
    description: 'Null: no assistant writes messages here.',
    example: null,
  })
  assistant_id!: null;

  @ApiProperty({ type: 'string', nullable: true, description: 'Null: no run writes messages here.', example: null })
  run_id!: null;

  @ApiProperty({
    type: [AttachmentDto],
    nullable: true,
    description: 'Its files, as sent; `[]` when there are none.',
    example: [],
  })
  attachments!: readonly Attachment[];

  @MetadataProperty()
  metadata!: Metadata;

  /** As it is sent: a value is JSON, or text without anything to be escaped. */
  static write(
    this: void,
    { id, threadId, createdAt, role, content, attachments, metadata }: Values,
  ): Json<MessageDto> {
    return asJson(
      `{"id":"${id}","object":"thread.message","created_at":${createdAt},"thread_id":"${threadId}","status":"completed",` +
        `"incomplete_details":null,"completed_at":${createdAt},"incomplete_at":null,"role":"${role}","content":${content},` +
        `"assistant_id":null,"run_id":null,"attachments":${attachments},"metadata":${metadata}}`,
    );
  }
}
