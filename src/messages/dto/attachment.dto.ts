import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { listOf, oneOf } from '../../validation/check.js';
import { Field, objectOf } from '../../validation/fields.js';
import { ATTACHMENT_TOOLS } from '../message.js';
import { FileIdField } from './content-part.dto.js';

/** Ours, since OpenAI published no limit: far above any use seen, low enough to bound what one message costs. */
export const MAX_ATTACHMENTS = 500;
const MAX_TOOLS = 20;

@RequestSchema({ name: 'AttachmentTool', description: 'A tool that a file is meant for.' })
export class AttachmentToolDto {
  @Field(oneOf(ATTACHMENT_TOOLS), { type: 'string', enum: [...ATTACHMENT_TOOLS], description: 'The tool.' })
  type!: (typeof ATTACHMENT_TOOLS)[number];
}

@RequestSchema({
  name: 'Attachment',
  description: 'A file that a message refers to. It is a reference: nothing is fetched.',
})
export class AttachmentDto {
  @FileIdField('The id of the file.')
  file_id!: string;

  @Field(
    listOf(
      objectOf(() => AttachmentToolDto),
      { max: MAX_TOOLS },
    ),
    {
      type: [AttachmentToolDto],
      maxItems: MAX_TOOLS,
      description: 'The tools that the file is meant for.',
    },
  )
  tools!: AttachmentToolDto[];
}
