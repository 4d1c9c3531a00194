import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { Config } from '../config/config.js';
import { tooManyWebhookEndpoints, webhookEndpointNotFound } from '../errors/catalogue.js';
import { EventFeedsService } from '../events/event-feeds.service.js';
import { requireWebhookEndpointId } from '../ids/id.js';
import { type PageQueryDto, pageRequestOf } from '../pagination/list-query.dto.js';
import type { Page } from '../pagination/page.js';
import { Destinations } from './destinations.js';
import type { CreateWebhookEndpointDto, ModifyWebhookEndpointDto } from './dto/webhook-endpoint.dto.js';
import { SenderService } from './sender.service.js';
import { MAX_ENDPOINTS, newWebhookEndpointId, type WebhookEndpoint } from './webhook-endpoint.js';
import { WebhookEndpointsRepository } from './webhook-endpoints.repository.js';
import { newWebhookSecret, ownerOf, type Sealed, SecretBox } from './webhook-secret.js';

export interface WithSecret {
  readonly endpoint: WebhookEndpoint;
  readonly secret: string;
}

@Injectable()
export class WebhookEndpointsService {
  private readonly box: SecretBox;

  constructor(
    private readonly endpoints: WebhookEndpointsRepository,
    private readonly feeds: EventFeedsService,
    private readonly destinations: Destinations,
    private readonly sender: SenderService,
    config: Config,
  ) {
    this.box = new SecretBox(config.keyPepper);
  }

  /** What is done after the answer is sent to the endpoint, whichever server does it. */
  async create(tenant: Tenant, request: CreateWebhookEndpointDto): Promise<WithSecret> {
    await this.destinations.require(request.url);
    const createdAt = new Date();
    const endpoint: WebhookEndpoint = {
      id: newWebhookEndpointId(createdAt),
      url: request.url,
      eventTypes: request.event_types ?? null,
      description: request.description ?? null,
      isEnabled: request.enabled ?? true,
      disabledReason: null,
      createdAt,
    };
    const secret = newWebhookSecret();
    const sealed = this.box.seal(secret, ownerOf(tenant.projectId, endpoint.id));
    await this.insert(tenant, endpoint, sealed);
    // Where there was none the sender is fast asleep.
    this.sender.wake();
    return { endpoint, secret };
  }

  async get({ projectId }: Tenant, id: string): Promise<WebhookEndpoint> {
    requireWebhookEndpointId(id);
    const endpoint = await this.endpoints.find(projectId, id);
    if (!endpoint) throw webhookEndpointNotFound(id);
    return endpoint;
  }

  async list(tenant: Tenant, query: PageQueryDto): Promise<Page<WebhookEndpoint>> {
    const request = pageRequestOf(query);
    if (request.after) await this.get(tenant, request.after);
    return this.endpoints.page(tenant.projectId, request);
  }

  async modify(tenant: Tenant, id: string, request: ModifyWebhookEndpointDto): Promise<WebhookEndpoint> {
    requireWebhookEndpointId(id);
    if (request.url !== undefined) await this.destinations.require(request.url);
    const { url, event_types: eventTypes, description, enabled: isEnabled } = request;
    await this.endpoints.update(tenant.projectId, id, { url, eventTypes, description, isEnabled });
    const endpoint = await this.get(tenant, id);
    this.sender.wake();
    return endpoint;
  }

  async rotateSecret(tenant: Tenant, id: string): Promise<WithSecret> {
    requireWebhookEndpointId(id);
    const secret = newWebhookSecret();
    await this.endpoints.rotate(tenant.projectId, id, this.box.seal(secret, ownerOf(tenant.projectId, id)));
    return { endpoint: await this.get(tenant, id), secret };
  }

  async delete({ projectId }: Tenant, id: string): Promise<void> {
    requireWebhookEndpointId(id);
    if (!(await this.endpoints.delete(projectId, id))) throw webhookEndpointNotFound(id);
  }

  /** Opens the feed first, and again when somebody has closed it since. */
  private async insert(tenant: Tenant, endpoint: WebhookEndpoint, secret: Sealed): Promise<void> {
    await this.feeds.open(tenant);
    const inserted = await this.endpoints.insert(tenant.projectId, endpoint, secret);
    if (inserted === 'too many') throw tooManyWebhookEndpoints(MAX_ENDPOINTS);
    if (inserted === 'feed closed') await this.insert(tenant, endpoint, secret);
  }
}
