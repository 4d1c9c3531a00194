import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { ADMIN_KEY_PREFIX, hashApiKey, maskApiKey, newApiKey, PROJECT_KEY_PREFIX, redactApiKey } from './api-key.js';

describe('newApiKey', () => {
  it.each([PROJECT_KEY_PREFIX, ADMIN_KEY_PREFIX])('is %s, 43 characters of secret and 6 of checksum', (prefix) => {
    const key = newApiKey(prefix);

    expect(key.slice(0, prefix.length)).toBe(prefix);
    expect(key.slice(prefix.length)).toMatch(/^[0-9A-Za-z]{49}$/);
  });

  it('ends with the CRC-32 of the rest in base62, which a scanner can check without the server', () => {
    const key = newApiKey(PROJECT_KEY_PREFIX);

    expect(key.slice(-6)).toBe(base62(crc32(key.slice(0, -6))));
  });

  it('is never the same twice', () => {
    const keys = Array.from({ length: 1000 }, () => newApiKey(PROJECT_KEY_PREFIX));

    expect(new Set(keys).size).toBe(1000);
  });
});

const hash = (key: string, pepper: string): string => Buffer.from(hashApiKey(key, pepper)).toString('hex');

describe('hashApiKey', () => {
  it('is HMAC-SHA-256 under the pepper', () => {
    // RFC 4231, test case 2.
    expect(hash('what do ya want for nothing?', 'Jefe')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('cannot be computed without the pepper', () => {
    const plain = createHash('sha256').update('sk-ts-abc').digest('hex');

    expect(new Set([plain, hash('sk-ts-abc', 'one'), hash('sk-ts-abc', 'other')]).size).toBe(3);
  });
});

describe('redactApiKey', () => {
  it.each([
    ['sk-ts-0123456789abcdef', 'sk-ts-...cdef'],
    ['sk-ts-admin-0123456789abcdef', 'sk-ts-admin-...cdef'],
    ['My API Key of 2026', '...2026'],
  ])('of %s is %s', (key, redacted) => {
    expect(redactApiKey(key)).toBe(redacted);
  });
});

describe('maskApiKey', () => {
  it.each([
    ['fake_key', 'fake_key'],
    ['twelve chars', 'twelve chars'],
    ['thirteen char', 'thirteen*char'],
    ['not-a-real-key-that-was-authorized', 'not-a-re**********************ized'],
  ])('of %s is %s', (key, masked) => {
    expect(maskApiKey(key)).toBe(masked);
  });

  it('does not grow with the key', () => {
    expect(maskApiKey('x'.repeat(10_000))).toBe(`${'x'.repeat(8)}${'*'.repeat(64)}${'x'.repeat(4)}`);
  });
});

/** CRC-32 bit by bit, as its definition has it. */
function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of Buffer.from(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

function base62(number: number): string {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  const text = (rest: number): string => (rest < 62 ? '' : text(Math.floor(rest / 62))) + digits[rest % 62];
  return text(number).padStart(6, '0');
}
