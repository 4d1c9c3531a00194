import { ApiSchema } from '@nestjs/swagger';
import { ListQueryDto } from '../../pagination/list-query.dto.js';
import { ListDto } from '../../pagination/list.dto.js';
import { text } from '../../validation/check.js';
import { Field } from '../../validation/fields.js';
import { MessageDto } from './message.dto.js';

@ApiSchema({ name: 'ListMessagesQuery' })
export class ListMessagesQueryDto extends ListQueryDto {
  @Field(
    text({ max: 512 }),
    { type: 'string', description: 'Only messages that this run made. No run makes messages here, so there are none.' },
    { optional: true },
  )
  run_id?: string;
}

@ApiSchema({ name: 'ListMessagesResponse' })
export class ListMessagesDto extends ListDto(MessageDto, 'msg_abc123') {}
