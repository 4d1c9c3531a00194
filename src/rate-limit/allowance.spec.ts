import { describe, expect, it } from '@jest/globals';
import { headersOf, wholeSeconds } from './allowance.js';

describe('headersOf', () => {
  it.each([
    [0, '0ms'],
    [5.2, '6ms'],
    [999, '999ms'],
    [1000, '1s'],
    [2500, '2.5s'],
    [59_999, '59.999s'],
    [60_000, '1m0s'],
  ])('writes %d ms as %s', (resetMs, text) => {
    expect(headersOf({ limit: 20, remaining: 7, resetMs, retryMs: undefined })).toEqual({
      'x-ratelimit-limit-requests': '20',
      'x-ratelimit-remaining-requests': '7',
      'x-ratelimit-reset-requests': text,
    });
  });
});

describe('wholeSeconds', () => {
  it.each([
    [1, 1],
    [1000, 1],
    [1001, 2],
    [60_000, 60],
    [60_001, 60],
  ])('of %d ms are %d', (ms, seconds) => {
    expect(wholeSeconds(ms)).toBe(seconds);
  });
});
