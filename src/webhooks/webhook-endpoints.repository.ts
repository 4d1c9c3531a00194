import { Injectable } from '@nestjs/common';
import { EVENT_TYPES, type EventType } from '../events/event.js';
import { type Page, pageOf, type PageRequest } from '../pagination/page.js';
import { PrismaService } from '../prisma/prisma.service.js';
import { type EndpointChange, MAX_ENDPOINTS, type WebhookEndpoint } from './webhook-endpoint.js';
import type { Sealed } from './webhook-secret.js';

/** How long the secret before the last rotation signs too. */
export const OVERLAP_HOURS = 24;

const COLUMNS = {
  id: true,
  url: true,
  eventTypes: true,
  description: true,
  isEnabled: true,
  disabledReason: true,
  createdAt: true,
};

type Inserted = 'inserted' | 'too many' | 'feed closed';

type Stored = Omit<WebhookEndpoint, 'eventTypes' | 'disabledReason'> & {
  readonly eventTypes: readonly string[];
  readonly disabledReason: string | null;
};

/** Webhook endpoints of a project, which every statement names. */
@Injectable()
export class WebhookEndpointsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /**
   * Stores an endpoint, which begins with the events that come after. The feed is locked: endpoints are counted one after
   * the other, and nobody closes it meanwhile.
   */
  async insert(projectId: string, endpoint: WebhookEndpoint, secret: Sealed): Promise<Inserted> {
    const { eventTypes, ...fields } = endpoint;
    return this.prisma.$transaction(async (transaction) => {
      const [feed] = await transaction.$queryRaw<{ lastPosition: number }[]>`
        SELECT last_position::float8 AS "lastPosition" FROM event_feeds
        WHERE project_id = ${projectId} AND is_open FOR NO KEY UPDATE`;
      if (!feed) return 'feed closed';
      if ((await transaction.webhookEndpoint.count({ where: { projectId } })) >= MAX_ENDPOINTS) return 'too many';
      await transaction.webhookEndpoint.create({
        data: { ...fields, projectId, secret, eventTypes: [...(eventTypes ?? [])], lastPosition: feed.lastPosition },
      });
      return 'inserted';
    });
  }

  async find(projectId: string, id: string): Promise<WebhookEndpoint | null> {
    const endpoint = await this.prisma.webhookEndpoint.findUnique({
      where: { projectId_id: { projectId, id } },
      select: COLUMNS,
    });
    return endpoint && toEndpoint(endpoint);
  }

  /** Newest first. The cursor must exist. */
  async page(projectId: string, request: PageRequest): Promise<Page<WebhookEndpoint>> {
    const endpoints = await this.prisma.webhookEndpoint.findMany({
      where: { projectId },
      select: COLUMNS,
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      take: request.limit + 1,
      ...(request.after && { cursor: { projectId_id: { projectId, id: request.after } }, skip: 1 }),
    });
    return pageOf(endpoints.map(toEndpoint), request);
  }

  async update(projectId: string, id: string, { eventTypes, ...change }: EndpointChange): Promise<boolean> {
    const { count } = await this.prisma.webhookEndpoint.updateMany({
      where: { projectId, id },
      data: {
        ...change,
        ...(eventTypes !== undefined && { eventTypes: [...(eventTypes ?? [])] }),
        ...(change.isEnabled !== undefined && { disabledReason: null }),
      },
    });
    return count === 1;
  }

  /** Gives it a new secret; the one before signs too for a while. */
  async rotate(projectId: string, id: string, secret: Sealed): Promise<boolean> {
    const count = await this.prisma.$executeRaw`
      UPDATE webhook_endpoints SET secret = ${secret}, previous_secret = secret,
        previous_secret_expires_at = now() + make_interval(hours => ${OVERLAP_HOURS})
      WHERE project_id = ${projectId} AND id = ${id}`;
    return count === 1;
  }

  /** Deletes an endpoint and its deliveries. */
  async delete(projectId: string, id: string): Promise<boolean> {
    const { count } = await this.prisma.webhookEndpoint.deleteMany({ where: { projectId, id } });
    return count === 1;
  }
}

const isEventType = (text: string): text is EventType => EVENT_TYPES.some((each) => each === text);

const toEndpoint = ({ eventTypes, disabledReason, ...endpoint }: Stored): WebhookEndpoint => ({
  ...endpoint,
  eventTypes: eventTypes.length > 0 ? eventTypes.filter(isEventType) : null,
  disabledReason: disabledReason === 'gone' ? 'gone' : null,
});
