import { ApiProperty, ApiSchema } from '@nestjs/swagger';
import { EVENT_TYPES, type EventType } from '../../events/event.js';
import type { RequestExamples } from '../../openapi/operation.js';
import { ConstantProperty, TimeProperty } from '../../openapi/properties.js';
import { RequestSchema } from '../../openapi/request-schema.decorator.js';
import { unixSeconds } from '../../openapi/unix-time.js';
import { ListDto } from '../../pagination/list.dto.js';
import { boolean, listOf, oneOf, text, url } from '../../validation/check.js';
import { Field } from '../../validation/fields.js';
import type { WebhookEndpoint } from '../webhook-endpoint.js';

const MAX_URL = 2048;
const MAX_DESCRIPTION = 512;

const EXAMPLE_URL = 'https://example.com/threadstore';

const UrlField = (presence = {}): PropertyDecorator =>
  Field(
    url({ max: MAX_URL }),
    {
      type: 'string',
      format: 'uri',
      pattern: '^https://',
      maxLength: MAX_URL,
      description:
        'Where events are posted to: an address of the public internet. `WEBHOOK_ALLOW` names others, which may be ' +
        'reached by `http` too.',
      example: EXAMPLE_URL,
    },
    presence,
  );

const EventTypesField = (): PropertyDecorator =>
  Field(
    listOf(oneOf(EVENT_TYPES), { min: 1, max: EVENT_TYPES.length }),
    {
      type: 'array',
      items: { type: 'string', enum: [...EVENT_TYPES] },
      minItems: 1,
      maxItems: EVENT_TYPES.length,
      description: 'The types of events to send; null for all.',
      example: ['thread.message.created'],
    },
    { optional: true, nullable: true },
  );

const DescriptionField = (): PropertyDecorator =>
  Field(
    text({ max: MAX_DESCRIPTION }),
    { type: 'string', maxLength: MAX_DESCRIPTION, description: 'A note of yours.', example: 'Billing' },
    { optional: true, nullable: true },
  );

@RequestSchema({ name: 'CreateWebhookEndpointRequest' })
export class CreateWebhookEndpointDto {
  static readonly examples: RequestExamples<CreateWebhookEndpointDto> = {
    'All events': { url: EXAMPLE_URL },
    'Some events': { url: EXAMPLE_URL, event_types: ['thread.message.created'], description: 'Billing' },
  };

  @UrlField()
  url!: string;

  @EventTypesField()
  event_types?: EventType[] | null;

  @DescriptionField()
  description?: string | null;

  @Field(
    boolean,
    { type: 'boolean', default: true, description: 'Whether events are sent.', example: true },
    { optional: true },
  )
  enabled?: boolean;
}

@RequestSchema({ name: 'ModifyWebhookEndpointRequest' })
export class ModifyWebhookEndpointDto {
  static readonly examples: RequestExamples<ModifyWebhookEndpointDto> = {
    'Other events': { event_types: ['thread.created', 'thread.deleted'] },
    'Pause it': { enabled: false },
  };

  @UrlField({ optional: true })
  url?: string;

  @EventTypesField()
  event_types?: EventType[] | null;

  @DescriptionField()
  description?: string | null;

  @Field(
    boolean,
    {
      type: 'boolean',
      description: 'Whether events are sent. What happens while it is false is sent when it is true again.',
      example: true,
    },
    { optional: true },
  )
  enabled?: boolean;
}

@ApiSchema({ name: 'WebhookEndpoint', description: 'Where the events of a project are sent to.' })
export class WebhookEndpointDto {
  @ApiProperty({ description: 'The id of the endpoint.', example: 'we_abc123' })
  id!: string;

  @ConstantProperty('webhook_endpoint')
  object!: 'webhook_endpoint';

  @TimeProperty('When it was created, in Unix seconds.', { example: 1_699_061_776 })
  created_at!: number;

  @ApiProperty({ description: 'Where events are posted to.', example: EXAMPLE_URL })
  url!: string;

  @ApiProperty({
    type: 'array',
    items: { type: 'string', enum: [...EVENT_TYPES] },
    nullable: true,
    description: 'The types of events that are sent; null for all.',
    example: null,
  })
  event_types!: readonly EventType[] | null;

  @ApiProperty({ type: 'string', nullable: true, description: 'A note of yours.', example: 'Billing' })
  description!: string | null;

  @ApiProperty({ description: 'Whether events are sent.', example: true })
  enabled!: boolean;

  @ApiProperty({
    type: 'string',
    enum: ['gone', null],
    nullable: true,
    description: '`gone` when the receiver answered 410, whereupon nothing more was sent.',
    example: null,
  })
  disabled_reason!: 'gone' | null;

  static from(endpoint: WebhookEndpoint): WebhookEndpointDto {
    return {
      id: endpoint.id,
      object: 'webhook_endpoint',
      created_at: unixSeconds(endpoint.createdAt),
      url: endpoint.url,
      event_types: endpoint.eventTypes,
      description: endpoint.description,
      enabled: endpoint.isEnabled,
      disabled_reason: endpoint.disabledReason,
    };
  }
}

@ApiSchema({ name: 'WebhookEndpointWithSecret', description: 'An endpoint and its new secret.' })
export class WebhookEndpointWithSecretDto extends WebhookEndpointDto {
  @ApiProperty({
    description: 'Signs what is sent. It is shown here and never again.',
    pattern: '^whsec_[A-Za-z0-9+/]{43}=$',
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
  })
  secret!: string;

  static withSecret(endpoint: WebhookEndpoint, secret: string): WebhookEndpointWithSecretDto {
    return { ...WebhookEndpointDto.from(endpoint), secret };
  }
}

@ApiSchema({ name: 'ListWebhookEndpointsResponse' })
export class ListWebhookEndpointsDto extends ListDto(WebhookEndpointDto, 'we_abc123') {}

@ApiSchema({ name: 'DeleteWebhookEndpointResponse' })
export class WebhookEndpointDeletedDto {
  @ApiProperty({ description: 'The id of the endpoint that was deleted.', example: 'we_abc123' })
  id!: string;

  @ConstantProperty('webhook_endpoint.deleted')
  object!: 'webhook_endpoint.deleted';

  @ApiProperty({ description: 'Always true.', example: true })
  deleted!: boolean;

  static from(id: string): WebhookEndpointDeletedDto {
    return { id, object: 'webhook_endpoint.deleted', deleted: true };
  }
}
