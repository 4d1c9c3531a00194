import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { webhookDeliveryNotFound } from '../errors/catalogue.js';
import { requireWebhookDeliveryId } from '../ids/id.js';
import { pageRequestOf } from '../pagination/list-query.dto.js';
import type { Page } from '../pagination/page.js';
import type { ListWebhookDeliveriesQueryDto } from './dto/webhook-delivery.dto.js';
import { SenderService } from './sender.service.js';
import { TurnsRepository } from './turns.repository.js';
import { WebhookDeliveriesRepository } from './webhook-deliveries.repository.js';
import { deliveryPositionOf, type WebhookDelivery } from './webhook-delivery.js';
import { WebhookEndpointsService } from './webhook-endpoints.service.js';

@Injectable()
export class WebhookDeliveriesService {
  constructor(
    private readonly deliveries: WebhookDeliveriesRepository,
    private readonly endpoints: WebhookEndpointsService,
    private readonly turns: TurnsRepository,
    private readonly sender: SenderService,
  ) {}

  async list(tenant: Tenant, endpointId: string, query: ListWebhookDeliveriesQueryDto): Promise<Page<WebhookDelivery>> {
    await this.endpoints.get(tenant, endpointId);
    const request = pageRequestOf(query);
    const after = request.after && (await this.find(tenant, endpointId, request.after)).position;
    return this.deliveries.page(tenant.projectId, endpointId, query.status, request, after || undefined);
  }

  /** Begins anew with its attempts, behind what is earlier in its thread and pending. */
  async replay(tenant: Tenant, endpointId: string, id: string): Promise<WebhookDelivery> {
    await this.endpoints.get(tenant, endpointId);
    const position = positionOf(endpointId, id);
    const delivery = await this.deliveries.replay(tenant.projectId, endpointId, position);
    if (!delivery) throw webhookDeliveryNotFound(id);
    await this.giveTurns(tenant, endpointId, [delivery.threadId]);
    return delivery;
  }

  async replayDead(tenant: Tenant, endpointId: string): Promise<number> {
    await this.endpoints.get(tenant, endpointId);
    const threadIds = await this.deliveries.replayDead(tenant.projectId, endpointId);
    await this.giveTurns(tenant, endpointId, threadIds);
    return threadIds.length;
  }

  private async giveTurns({ projectId }: Tenant, endpointId: string, threadIds: readonly string[]): Promise<void> {
    await this.turns.give(threadIds.map((threadId) => ({ projectId, endpointId, threadId })));
    this.sender.wake();
  }

  private async find({ projectId }: Tenant, endpointId: string, id: string): Promise<WebhookDelivery> {
    const delivery = await this.deliveries.find(projectId, endpointId, positionOf(endpointId, id));
    if (!delivery) throw webhookDeliveryNotFound(id);
    return delivery;
  }
}

function positionOf(endpointId: string, id: string): number {
  requireWebhookDeliveryId(id);
  const position = deliveryPositionOf(endpointId, id);
  if (position === undefined) throw webhookDeliveryNotFound(id);
  return position;
}
