import { describe, expect, it } from '@jest/globals';
import { delayAfter, MAX_ATTEMPTS, retryAfterOf } from './retry-schedule.js';

const MEAN = 0.5;
const attempts = Array.from({ length: MAX_ATTEMPTS - 1 }, (_, index) => index + 1);

const hours = (random: number): number =>
  attempts.reduce((sum, attempt) => sum + delayAfter(attempt, undefined, random), 0) / 3600;

describe('delayAfter', () => {
  it('triples from five seconds to six hours', () => {
    const delays = attempts.map((attempt) => delayAfter(attempt, undefined, MEAN));

    expect(delays).toEqual([5, 15, 45, 135, 405, 1215, 3645, 10_935, 21_600, 21_600, 21_600]);
  });

  it('leaves a receiver the most of a day, whatever the jitter', () => {
    expect([0, MEAN, 1].map((random) => Math.round(hours(random)))).toEqual([18, 23, 27]);
  });

  it.each([
    [0, 4],
    [1, 6],
  ])('varies by a fifth: with %p five seconds are %p', (random, seconds) => {
    expect(delayAfter(1, undefined, random)).toBeCloseTo(seconds);
  });

  it.each([
    [1, 60, 60],
    [1, 1, 5],
    [1, 100_000, 3600],
    [9, 60, 21_600],
  ])(
    'after attempt %p, with a wish for %p seconds, is %p: no less than the schedule, no more than an hour for a wish',
    (attempt, wish, delay) => {
      expect(delayAfter(attempt, wish, MEAN)).toBe(delay);
    },
  );
});

describe('retryAfterOf', () => {
  const now = Date.parse('2026-11-24T12:00:00Z');

  it.each([
    ['120', 120],
    ['0', 0],
    ['Tue, 24 Nov 2026 12:01:30 GMT', 90],
    ['Tue, 24 Nov 2026 11:00:00 GMT', 0],
    ['soon', undefined],
    ['-1e9999', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('reads %p as %p seconds', (header, seconds) => {
    expect(retryAfterOf(header, now)).toBe(seconds);
  });
});
