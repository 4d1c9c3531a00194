import type { EventType } from '../events/event.js';
import { newId } from '../ids/id.js';

/** Where the events of a project are sent to. */
export interface WebhookEndpoint {
  readonly id: string;
  readonly url: string;
  /** Null: all, also those that a later version adds. */
  readonly eventTypes: readonly EventType[] | null;
  readonly description: string | null;
  readonly isEnabled: boolean;
  /** `gone` when the receiver answered 410; null when it is enabled, or was disabled by its project. */
  readonly disabledReason: 'gone' | null;
  readonly createdAt: Date;
}

/** What is sent of an endpoint that is changed; what is left out stays. */
export type EndpointChange = Partial<Pick<WebhookEndpoint, 'url' | 'eventTypes' | 'description' | 'isEnabled'>>;

export const newWebhookEndpointId = (now: Date): string => newId('we_', now);

export const MAX_ENDPOINTS = 20;
