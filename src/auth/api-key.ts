import { createHmac } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { customAlphabet } from 'nanoid';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LENGTH = 6;

export const PROJECT_KEY_PREFIX = 'sk-ts-';
export const ADMIN_KEY_PREFIX = 'sk-ts-admin-';

/** 43 base62 characters hold 256 bits. */
const secret = customAlphabet(BASE62, 43);

/** A new key: the prefix, 256 bits of a CSPRNG and a checksum, by which scanners tell a key from look-alikes. */
export function newApiKey(prefix: string): string {
  const body = prefix + secret();
  return body + checksum(body);
}

function checksum(text: string): string {
  let digits = '';
  for (let rest = crc32(text); digits.length < CHECKSUM_LENGTH; rest = Math.floor(rest / 62)) {
    digits = BASE62.charAt(rest % 62) + digits;
  }
  return digits;
}

/**
 * What is stored of a key. A fast keyed hash is right for 256-bit random keys; the pepper keeps a copy of the
 * database alone from being used to test guesses of a weaker key that was given by hand.
 */
export const hashApiKey = (key: string, pepper: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHmac('sha256', pepper).update(key).digest());

const SHOWN_WHOLE = 12;

/**
 * What is kept of a key to tell it from others: the prefix of its kind, if it has ours, and its last four characters.
 * Text that is too short for a key may be someone's password: nothing of it is kept.
 */
export function redactApiKey(key: string): string {
  const prefix = [ADMIN_KEY_PREFIX, PROJECT_KEY_PREFIX].find((each) => key.startsWith(each)) ?? '';
  return `${prefix}...${key.length > SHOWN_WHOLE ? key.slice(-4) : ''}`;
}

const MAX_MASK = 64;

/** A wrong key as it is shown to the one who sent it: its middle is masked, short text is shown whole. */
export const maskApiKey = (key: string): string =>
  key.length <= SHOWN_WHOLE
    ? key
    : `${key.slice(0, 8)}${'*'.repeat(Math.min(key.length - SHOWN_WHOLE, MAX_MASK))}${key.slice(-4)}`;
