import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { ConstantProperty } from '../../openapi/properties.js';

@ApiSchema({ name: 'DeleteThreadResponse' })
export class ThreadDeletedDto {
  @ApiProperty({ description: 'The id of the thread that was deleted.', example: 'thread_abc123' })
  id!: string;

  @ConstantProperty('thread.deleted')
  object!: 'thread.deleted';

  @ApiProperty({ description: 'Always true.', example: true })
  deleted!: boolean;

  static from(id: string): ThreadDeletedDto {
    return { id, object: 'thread.deleted', deleted: true };
  }
}
