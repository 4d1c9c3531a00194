import { ApiSchema } from '@nestjs/swagger';
import { ListDto } from '../../pagination/list.dto.js';
import { EventDto } from './event.dto.js';

@ApiSchema({ name: 'ListEventsResponse' })
export class ListEventsDto extends ListDto(EventDto, 'evt_0000000000000042') {}
