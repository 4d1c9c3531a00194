import { ApiProperty, ApiSchema } from '@nestjs/swagger';

@ApiSchema({ name: 'DeleteMessageResponse' })
export class MessageDeletedDto {
  @ApiProperty({ description: 'The id of the message that was deleted.', example: 'msg_abc123' })
  id!: string;

  @ApiProperty({ type: 'string', enum: ['thread.message.deleted'], description: 'Always `thread.message.deleted`.' })
  object!: 'thread.message.deleted';

  @ApiProperty({ description: 'Always true.', example: true })
  deleted!: boolean;

  static from(id: string): MessageDeletedDto {
    return { id, object: 'thread.message.deleted', deleted: true };
  }
}
