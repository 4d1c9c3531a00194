import { randomBytes } from 'node:crypto';
import { customAlphabet } from 'nanoid';
import { malformedId } from '../errors/catalogue.js';

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

/** Refuses an id of another kind. Only the prefix is looked at: an unknown id is for the database to miss. */
export function requireThreadId(id: string): void {
  if (!id.startsWith('thread')) throw malformedId('thread_id', id, 'thread');
}

export function requireMessageId(id: string): void {
  if (!id.startsWith('msg')) throw malformedId('message_id', id, 'msg');
}

export function requireVectorStoreId(id: string): void {
  if (!id.startsWith('vs')) throw malformedId('vector_store_id', id, 'vs');
}
