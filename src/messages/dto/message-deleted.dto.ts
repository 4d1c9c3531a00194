import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ConstantProperty } from '../../openapi/properties.js';

@ApiSchema({ name: 'DeleteMessageResponse' })
export class MessageDeletedDto {
  @ApiProperty({ description: 'The id of the message that was deleted.', example: 'msg_abc123' })
  id!: string;

  @ConstantProperty('thread.message.deleted')
  object!: 'thread.message.deleted';

  @ApiProperty({ description: 'Always true.', example: true })
  deleted!: boolean;

  static from(id: string): MessageDeletedDto {
    return { id, object: 'thread.message.deleted', deleted: true };
  }
}
