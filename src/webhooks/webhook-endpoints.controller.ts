import { Controller, Delete, Get, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiTags } from '@nestjs/swagger';
import { CurrentTenant } from '../auth/caller.js';
import type { Tenant } from '../auth/tenant.js';
import {
  credentialsInWebhookUrl,
  insecureWebhookUrl,
  integerTooLarge,
  malformedId,
  missingParameter,
  outcomeUnknown,
  tooManyWebhookEndpoints,
  webhookAddressNotAllowed,
  webhookEndpointNotFound,
} from '../errors/catalogue.js';
import { CheckedBody, CheckedQuery } from '../http/request.pipe.js';
import { PROJECT_KEY } from '../openapi/document.js';
import { Operation } from '../openapi/operation.js';
import { PageQueryDto } from '../pagination/list-query.dto.js';
import { toList } from '../pagination/list.dto.js';
import {
  CreateWebhookEndpointDto,
  ListWebhookEndpointsDto,
  ModifyWebhookEndpointDto,
  WebhookEndpointDeletedDto,
  WebhookEndpointDto,
  WebhookEndpointWithSecretDto,
} from './dto/webhook-endpoint.dto.js';
import { MAX_ENDPOINTS } from './webhook-endpoint.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';

const OF_A_URL = [insecureWebhookUrl(), credentialsInWebhookUrl(), webhookAddressNotAllowed()];
const OF_ONE_ENDPOINT = [malformedId('webhook_endpoint_id', 'undefined', 'we_'), webhookEndpointNotFound('we_abc123')];

@ApiTags('Webhooks')
@ApiBearerAuth(PROJECT_KEY)
@Controller('webhook_endpoints')
export class WebhookEndpointsController {
  constructor(private readonly endpoints: WebhookEndpointsService) {}

  @Post()
  @Operation({
    id: 'createWebhookEndpoint',
    summary: 'Creates an endpoint, which gets what happens from then on, and its secret, which is shown here only.',
    description: 'Takes a second: when it is answered, every server records what happens.',
    body: CreateWebhookEndpointDto,
    answer: WebhookEndpointWithSecretDto,
    refusals: [missingParameter('url'), ...OF_A_URL, tooManyWebhookEndpoints(MAX_ENDPOINTS)],
  })
  async create(
    @CurrentTenant() tenant: Tenant,
    @CheckedBody() request: CreateWebhookEndpointDto,
  ): Promise<WebhookEndpointWithSecretDto> {
    const { endpoint, secret } = await this.endpoints.create(tenant, request);
    return WebhookEndpointWithSecretDto.withSecret(endpoint, secret);
  }

  @Get()
  @Operation({
    id: 'listWebhookEndpoints',
    summary: "Lists the project's endpoints, newest first.",
    answer: ListWebhookEndpointsDto,
    refusals: [integerTooLarge('limit', 100, 1000), ...OF_ONE_ENDPOINT],
  })
  async list(@CurrentTenant() tenant: Tenant, @CheckedQuery() query: PageQueryDto): Promise<ListWebhookEndpointsDto> {
    return toList(await this.endpoints.list(tenant, query), (each) => WebhookEndpointDto.from(each));
  }

  @Get(':webhook_endpoint_id')
  @Operation({
    id: 'getWebhookEndpoint',
    summary: 'Retrieves an endpoint.',
    answer: WebhookEndpointDto,
    refusals: OF_ONE_ENDPOINT,
  })
  async get(@CurrentTenant() tenant: Tenant, @Param('webhook_endpoint_id') id: string): Promise<WebhookEndpointDto> {
    return WebhookEndpointDto.from(await this.endpoints.get(tenant, id));
  }

  @Post(':webhook_endpoint_id')
  @Operation({
    id: 'modifyWebhookEndpoint',
    summary: 'Modifies an endpoint: what is left out stays as it is.',
    body: ModifyWebhookEndpointDto,
    answer: WebhookEndpointDto,
    refusals: [...OF_A_URL, ...OF_ONE_ENDPOINT],
  })
  async modify(
    @CurrentTenant() tenant: Tenant,
    @Param('webhook_endpoint_id') id: string,
    @CheckedBody() request: ModifyWebhookEndpointDto,
  ): Promise<WebhookEndpointDto> {
    return WebhookEndpointDto.from(await this.endpoints.modify(tenant, id, request));
  }

  @Post(':webhook_endpoint_id/rotate_secret')
  @Operation({
    id: 'rotateWebhookSecret',
    summary: 'Gives an endpoint a new secret, which is shown here only. The one before signs too for 24 hours.',
    answer: WebhookEndpointWithSecretDto,
    refusals: [...OF_ONE_ENDPOINT, outcomeUnknown()],
  })
  async rotateSecret(
    @CurrentTenant() tenant: Tenant,
    @Param('webhook_endpoint_id') id: string,
  ): Promise<WebhookEndpointWithSecretDto> {
    const { endpoint, secret } = await this.endpoints.rotateSecret(tenant, id);
    return WebhookEndpointWithSecretDto.withSecret(endpoint, secret);
  }

  @Delete(':webhook_endpoint_id')
  @Operation({
    id: 'deleteWebhookEndpoint',
    summary: 'Deletes an endpoint and its deliveries. Nothing more is sent to it.',
    answer: WebhookEndpointDeletedDto,
    refusals: [...OF_ONE_ENDPOINT, outcomeUnknown()],
  })
  async delete(
    @CurrentTenant() tenant: Tenant,
    @Param('webhook_endpoint_id') id: string,
  ): Promise<WebhookEndpointDeletedDto> {
    await this.endpoints.delete(tenant, id);
    return WebhookEndpointDeletedDto.from(id);
  }
}
