/** With the delays below, a day. */
export const MAX_ATTEMPTS = 12;

const FIRST_DELAY_S = 5;
const FACTOR = 3;
const LONGEST_DELAY_S = 6 * 60 * 60;

/** A receiver may ask for a longer delay than the schedule's, up to this. */
const LONGEST_WISH_S = 60 * 60;

/** Up to a fifth more or less, so that what failed together does not come back together. */
const JITTER = 0.2;

/**
 * How long to wait after so many attempts that failed: 5 s, 15 s, 45 s… up to six hours, 22 hours and a half in all.
 * `wish` is what the receiver asked for by `Retry-After`, and `random` a number from 0 to 1.
 */
export function delayAfter(attempts: number, wish: number | undefined, random = Math.random()): number {
  const regular = Math.min(FIRST_DELAY_S * FACTOR ** (attempts - 1), LONGEST_DELAY_S);
  const varied = regular * (1 - JITTER + 2 * JITTER * random);
  return Math.max(varied, Math.min(wish ?? 0, LONGEST_WISH_S));
}

const SECONDS = /^\d{1,9}$/;

/** The seconds that `Retry-After` asks for, which may name a time instead; undefined when it says neither. */
export function retryAfterOf(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (SECONDS.test(header)) return Number(header);
  const seconds = (Date.parse(header) - now) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
