import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { asJson, type Json } from '../../json/json.js';
import { MetadataProperty } from '../../metadata/metadata.fields.js';
import type { Metadata } from '../../metadata/metadata.js';
import type { ToolResources } from '../tool-resources.js';
import { ToolResourcesDto } from './tool-resources.dto.js';
import { ConstantProperty, TimeProperty } from '../../openapi/properties.js';

type Values = Readonly<Record<'id' | 'createdAt' | 'metadata' | 'toolResources', string>>;

@ApiSchema({ name: 'ThreadObject', description: 'A thread: a conversation that messages are kept in.' })
export class ThreadDto {
  @ApiProperty({ description: 'The id of the thread.', example: 'thread_abc123' })
  id!: string;

  @ConstantProperty('thread')
  object!: 'thread';

  @TimeProperty('When it was created, in Unix seconds.', { example: 1699012949 })
  created_at!: number;

  @MetadataProperty()
  metadata!: Metadata;

  @ApiProperty({
    type: () => ToolResourcesDto,
    nullable: true,
    description: 'What the tools of the thread may use; `{}` when nothing was set.',
    example: {},
  })
  tool_resources!: ToolResources;

  /** As it is sent: a value is JSON, or text without anything to be escaped. */
  static write(this: void, { id, createdAt, metadata, toolResources }: Values): Json<ThreadDto> {
    return asJson(
      `{"id":"${id}","object":"thread","created_at":${createdAt},"metadata":${metadata},"tool_resources":${toolResources}}`,
    );
  }
}
