import { Controller, Get, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant } from '../auth/caller.js';
import type { Tenant } from '../auth/tenant.js';
import {
  integerTooLarge,
  malformedId,
  outcomeUnknown,
  unsupportedValue,
  webhookDeliveryNotFound,
  webhookEndpointNotFound,
} from '../errors/catalogue.js';
import { CheckedQuery } from '../http/request.pipe.js';
import { PROJECT_KEY } from '../openapi/document.js';
import { Operation } from '../openapi/operation.js';
import { toList } from '../pagination/list.dto.js';
import {
  ListWebhookDeliveriesDto,
  ListWebhookDeliveriesQueryDto,
  WebhookDeliveryDto,
  WebhookReplayDto,
} from './dto/webhook-delivery.dto.js';
import { DELIVERY_STATUSES } from './webhook-delivery.js';
import { WebhookDeliveriesService } from './webhook-deliveries.service.js';

const OF_ONE_ENDPOINT = [malformedId('webhook_endpoint_id', 'undefined', 'we_'), webhookEndpointNotFound('we_abc123')];
const OF_ONE_DELIVERY = [
  malformedId('delivery_id', 'undefined', 'wd_'),
  webhookDeliveryNotFound('wd_abc123_0000000000000042'),
];

@ApiTags('Webhooks')
@ApiBearerAuth(PROJECT_KEY)
@Controller('webhook_endpoints/:webhook_endpoint_id/deliveries')
export class WebhookDeliveriesController {
  constructor(private readonly deliveries: WebhookDeliveriesService) {}

  @Get()
  @Operation({
    id: 'listWebhookDeliveries',
    summary: 'Lists what was sent, is to be sent, or was given up, newest first.',
    answer: ListWebhookDeliveriesDto,
    refusals: [
      integerTooLarge('limit', 100, 1000),
      unsupportedValue('status', 'failed', DELIVERY_STATUSES),
      ...OF_ONE_ENDPOINT,
      ...OF_ONE_DELIVERY,
    ],
  })
  async list(
    @CurrentTenant() tenant: Tenant,
    @Param('webhook_endpoint_id') endpointId: string,
    @CheckedQuery() query: ListWebhookDeliveriesQueryDto,
  ): Promise<ListWebhookDeliveriesDto> {
    return toList(await this.deliveries.list(tenant, endpointId, query), (each) => WebhookDeliveryDto.from(each));
  }

  @Post('replay')
  @Operation({
    id: 'replayWebhookDeliveries',
    summary: 'Sends all dead deliveries of an endpoint again.',
    answer: WebhookReplayDto,
    refusals: [...OF_ONE_ENDPOINT, outcomeUnknown()],
  })
  async replayDead(
    @CurrentTenant() tenant: Tenant,
    @Param('webhook_endpoint_id') endpointId: string,
  ): Promise<WebhookReplayDto> {
    return WebhookReplayDto.from(endpointId, await this.deliveries.replayDead(tenant, endpointId));
  }

  @Post(':delivery_id/replay')
  @Operation({
    id: 'replayWebhookDelivery',
    summary: 'Sends a delivery again, whatever became of it.',
    answer: WebhookDeliveryDto,
    refusals: [...OF_ONE_ENDPOINT, ...OF_ONE_DELIVERY, outcomeUnknown()],
  })
  async replay(
    @CurrentTenant() tenant: Tenant,
    @Param('webhook_endpoint_id') endpointId: string,
    @Param('delivery_id') id: string,
  ): Promise<WebhookDeliveryDto> {
    return WebhookDeliveryDto.from(await this.deliveries.replay(tenant, endpointId, id));
  }
}
