import type { Event } from '../events/event.js';

/** `pending`: to be sent, again or for the first time. `dead`: given up. */
export const DELIVERY_STATUSES = ['pending', 'succeeded', 'dead'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why an attempt failed. */
export const FAILURES = [
  'refused',
  'redirected',
  'timeout',
  'connection_failed',
  'tls_failed',
  'name_not_resolved',
  'address_not_allowed',
  'secret_unreadable',
] as const;
export type Failure = (typeof FAILURES)[number];

/** One event on its way to one endpoint. */
export interface WebhookDelivery extends Event {
  readonly endpointId: string;
  readonly status: DeliveryStatus;
  readonly attempts: number;
  /** Null when it waits for an earlier one of its thread, and when there is no next attempt. */
  readonly nextAttemptAt: Date | null;
  readonly lastAttemptAt: Date | null;
  /** The status of the last answer; null when there was none. */
  readonly lastStatus: number | null;
  readonly lastError: Failure | null;
}

const DIGITS = 16;

/** `wd_`, the endpoint and the event: the same for all attempts, so that a receiver knows what it has had. */
export const deliveryIdOf = (endpointId: string, position: number): string =>
  `wd_${endpointId.slice('we_'.length)}_${String(position).padStart(DIGITS, '0')}`;

/** The position of the event that a delivery to this endpoint is of; undefined when the id is of no such delivery. */
export function deliveryPositionOf(endpointId: string, id: string): number | undefined {
  const position = Number(id.slice(-DIGITS));
  return Number.isSafeInteger(position) && deliveryIdOf(endpointId, position) === id ? position : undefined;
}
