import { randomBytes } from 'node:crypto';
import { customAlphabet } from 'nanoid';
import {
  apiKeyNotFound,
  malformedId,
  messageNotFound,
  projectNotFound,
  serviceAccountNotFound,
  threadNotFound,
  vectorStoreNotFound,
  webhookDeliveryNotFound,
  webhookEndpointNotFound,
} from '../errors/catalogue.js';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const TIME_LENGTH = 9;

const randomPart = customAlphabet(BASE62, 15);

/**
 * A new id: the prefix and 24 base62 characters. The first 9 hold the millisecond, so that new rows land together
 * in an index; the other 15 are 89 bits of a CSPRNG. Nothing sorts or authorises by an id.
 */
export function newId(prefix: string, now: Date = new Date()): string {
  let time = '';
  for (let rest = now.getTime(); time.length < TIME_LENGTH; rest = Math.floor(rest / 62)) {
    time = BASE62.charAt(rest % 62) + time;
  }
  return prefix + time + randomPart();
}

export const newVectorStoreId = (): string => `vs_${randomBytes(16).toString('hex')}`;

/** No id has U+0000 in it: PostgreSQL does not store it, and cannot be asked for it. */
const cannotExist = (id: string): boolean => id.includes('\u0000');

/** Refuses an id of another kind. Only the prefix is looked at: an unknown id is for the database to miss. */
export function requireThreadId(id: string): void {
  if (!id.startsWith('thread')) throw malformedId('thread_id', id, 'thread');
  if (cannotExist(id)) throw threadNotFound(id);
}

export function requireMessageId(id: string): void {
  if (!id.startsWith('msg')) throw malformedId('message_id', id, 'msg');
  if (cannotExist(id)) throw messageNotFound(id);
}

export function requireVectorStoreId(id: string): void {
  if (!id.startsWith('vs')) throw malformedId('vector_store_id', id, 'vs');
  if (cannotExist(id)) throw vectorStoreNotFound(id);
}

export function requireWebhookEndpointId(id: string): void {
  if (!id.startsWith('we_')) throw malformedId('webhook_endpoint_id', id, 'we_');
  if (cannotExist(id)) throw webhookEndpointNotFound(id);
}

export function requireWebhookDeliveryId(id: string): void {
  if (!id.startsWith('wd_')) throw malformedId('delivery_id', id, 'wd_');
  if (cannotExist(id)) throw webhookDeliveryNotFound(id);
}

export function requireProjectId(id: string): void {
  if (cannotExist(id)) throw projectNotFound(id);
}

export function requireServiceAccountId(id: string): void {
  if (cannotExist(id)) throw serviceAccountNotFound(id);
}

export function requireApiKeyId(id: string): void {
  if (cannotExist(id)) throw apiKeyNotFound(id);
}
