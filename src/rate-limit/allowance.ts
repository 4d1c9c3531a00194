/** What a key may still ask for. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  /** How long it takes until all requests are there again, and until one is for whoever got none now. */
  readonly resetMs: number;
  readonly retryMs: number | undefined;
}

const LONGEST_WAIT_S = 60;

/** As a `Retry-After` has it. SDKs do not wait for more than a minute, and nothing here takes longer. */
export const wholeSeconds = (ms: number): number => Math.min(LONGEST_WAIT_S, Math.max(1, Math.ceil(ms / 1000)));

/** The headers of OpenAI, in its own form: a duration is written as `6ms`, `2.5s` or `1m0s`. */
export const headersOf = ({ limit, remaining, resetMs }: Allowance): Record<string, string> => ({
  'x-ratelimit-limit-requests': String(limit),
  'x-ratelimit-remaining-requests': String(remaining),
  'x-ratelimit-reset-requests': duration(Math.ceil(resetMs)),
});

function duration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = (ms % 60_000) / 1000;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
