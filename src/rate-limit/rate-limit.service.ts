import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Config } from '../config/config.js';
import type { Allowance } from './allowance.js';
import { type Rate, RateLimitRepository, type Taken } from './rate-limit.repository.js';

const MICROSECONDS_A_MINUTE = 60_000_000;

/** How many keys without requests are remembered, at most. */
const EXHAUSTED_SIZE = 10_000;

/** Requests of one key that are counted by one statement. */
interface Batch {
  wanted: number;
  readonly taken: Promise<Taken | null>;
}

/**
 * Hands out the requests of a key, as many a minute as RATE_LIMIT says, evenly: each comes back after its part of the
 * minute. Requests that arrive while their key is being counted are counted by one statement, the next, so that a busy
 * key holds one connection; and of a key that has none left, nobody is asked until it has.
 */
@Injectable()
export class RateLimitService {
  private readonly rate: Rate;
  private readonly waiting = new Map<string, Batch>();
  private readonly last = new Map<string, Promise<unknown>>();
  /** When all requests of a key without any will be there again. An entry lives until the key has one. */
  private readonly exhausted = new LRUCache<string, number>({ max: EXHAUSTED_SIZE });

  constructor(
    private readonly limits: RateLimitRepository,
    { rateLimit: limit }: Config,
  ) {
    this.rate = { limit, microsecondsEach: Math.floor(MICROSECONDS_A_MINUTE / limit) };
  }

  async take(projectId: string, keyId: string): Promise<Allowance> {
    const { limit, microsecondsEach } = this.rate;
    const fullAt = this.exhausted.get(keyId);
    if (fullAt !== undefined) {
      const retryMs = this.exhausted.getRemainingTTL(keyId);
      return { limit, remaining: 0, resetMs: Math.max(retryMs, fullAt - performance.now()), retryMs };
    }
    const batch = this.waiting.get(keyId) ?? this.begin(projectId, keyId);
    const place = ++batch.wanted;
    const taken = await batch.taken;
    // A key that was revoked a moment ago. It is refused by KeyGuard as soon as this server knows.
    if (!taken) return { limit, remaining: limit, resetMs: 0, retryMs: undefined };
    const { granted, fullInMs: resetMs } = taken;
    const eachMs = microsecondsEach / 1000;
    const remaining = Math.max(0, limit - Math.ceil(resetMs / eachMs));
    if (place <= granted) return { limit, remaining, resetMs, retryMs: undefined };
    const retryMs = Math.max(1, Math.ceil(resetMs - (limit - 1) * eachMs));
    this.exhausted.set(keyId, performance.now() + resetMs, { ttl: retryMs });
    return { limit, remaining: 0, resetMs, retryMs };
  }

  /** A failure is that of all who wait, too: they have waited long enough. */
  private begin(projectId: string, keyId: string): Batch {
    const taken = Promise.resolve(this.last.get(keyId))
      .finally(() => this.waiting.delete(keyId))
      .then(() => this.limits.take(projectId, keyId, batch.wanted, this.rate))
      .finally(() => {
        if (this.last.get(keyId) === taken) this.last.delete(keyId);
      });
    const batch: Batch = { wanted: 0, taken };
    this.waiting.set(keyId, batch);
    this.last.set(keyId, taken);
    return batch;
  }
}
