import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { EventDto } from '../../events/dto/event.dto.js';
import { ConstantProperty, TimeProperty } from '../../openapi/properties.js';
import { unixSeconds } from '../../openapi/unix-time.js';
import { PageQueryDto } from '../../pagination/list-query.dto.js';
import { ListDto } from '../../pagination/list.dto.js';
import { oneOf } from '../../validation/check.js';
import { Field } from '../../validation/fields.js';
import {
  DELIVERY_STATUSES,
  deliveryIdOf,
  type DeliveryStatus,
  type Failure,
  FAILURES,
  type WebhookDelivery,
} from '../webhook-delivery.js';

@ApiSchema({ name: 'ListWebhookDeliveriesQuery' })
export class ListWebhookDeliveriesQueryDto extends PageQueryDto {
  @Field(
    oneOf(DELIVERY_STATUSES),
    { type: 'string', enum: [...DELIVERY_STATUSES], description: 'Only deliveries with this status.' },
    { optional: true },
  )
  status?: DeliveryStatus;
}

@ApiSchema({ name: 'WebhookDelivery', description: 'An event on its way to an endpoint.' })
export class WebhookDeliveryDto {
  @ApiProperty({
    description: 'The id of the delivery: `webhook-id` in the header of each attempt.',
    example: 'wd_abc123_0000000000000042',
  })
  id!: string;

  @ConstantProperty('webhook_delivery')
  object!: 'webhook_delivery';

  @ApiProperty({ description: 'The id of the endpoint.', example: 'we_abc123' })
  webhook_endpoint_id!: string;

  @ApiProperty({
    enum: [...DELIVERY_STATUSES],
    description: '`pending` until an attempt succeeds, or the last one fails: `dead`.',
    example: 'succeeded',
  })
  status!: DeliveryStatus;

  @ApiProperty({ type: 'integer', description: 'How many attempts were made.', example: 1 })
  attempts!: number;

  @TimeProperty('When the last attempt was made; null before the first.', { nullable: true, example: 1_699_061_777 })
  last_attempt_at!: number | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'The HTTP status that the receiver answered last.',
    example: 200,
  })
  last_status!: number | null;

  @ApiProperty({
    type: 'string',
    enum: [...FAILURES, null],
    nullable: true,
    description: 'Why the last attempt failed.',
    example: null,
  })
  last_error!: Failure | null;

  @TimeProperty(
    'When the next attempt is due; null when there is none, or while an earlier one of its thread is pending.',
    {
      nullable: true,
      example: null,
    },
  )
  next_attempt_at!: number | null;

  @ApiProperty({ description: 'What is sent.' })
  event!: EventDto;

  static from(delivery: WebhookDelivery): WebhookDeliveryDto {
    const { endpointId, position, lastAttemptAt, nextAttemptAt } = delivery;
    return {
      id: deliveryIdOf(endpointId, position),
      object: 'webhook_delivery',
      webhook_endpoint_id: endpointId,
      status: delivery.status,
      attempts: delivery.attempts,
      last_attempt_at: lastAttemptAt && unixSeconds(lastAttemptAt),
      last_status: delivery.lastStatus,
      last_error: delivery.lastError,
      next_attempt_at: nextAttemptAt && unixSeconds(nextAttemptAt),
      event: EventDto.from(delivery),
    };
  }
}

@ApiSchema({ name: 'ListWebhookDeliveriesResponse' })
export class ListWebhookDeliveriesDto extends ListDto(WebhookDeliveryDto, 'wd_abc123_0000000000000042') {}

@ApiSchema({ name: 'WebhookReplay' })
export class WebhookReplayDto {
  @ApiProperty({ description: 'The id of the endpoint.', example: 'we_abc123' })
  id!: string;

  @ConstantProperty('webhook_endpoint.replay')
  object!: 'webhook_endpoint.replay';

  @ApiProperty({ type: 'integer', description: 'How many dead deliveries are pending again.', example: 3 })
  replayed!: number;

  static from(id: string, replayed: number): WebhookReplayDto {
    return { id, object: 'webhook_endpoint.replay', replayed };
  }
}
