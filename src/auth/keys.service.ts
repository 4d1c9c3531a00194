import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Config } from '../config/config.js';
import { incorrectKey } from '../errors/catalogue.js';
import { hashApiKey, maskApiKey } from './api-key.js';
import type { Caller } from './caller.js';
import { KeysRepository } from './keys.repository.js';

/** A revoked key works this much longer, at most, on every server: within the promised second. */
const CACHE_TTL_MS = 750;
const CACHE_SIZE = 10_000;

/** Tells who a key stands for. In the common case, a key seen within the last second, this costs no query. */
@Injectable()
export class KeysService {
  private readonly callers: LRUCache<string, Caller, Uint8Array<ArrayBuffer>>;

  constructor(
    keys: KeysRepository,
    private readonly config: Config,
  ) {
    this.callers = new LRUCache({
      max: CACHE_SIZE,
      ttl: CACHE_TTL_MS,
      // A look-up that is under way when keys are forgotten still answers; it is not kept.
      ignoreFetchAbort: true,
      fetchMethod: (_, __, { context }) => keys.findCaller(context, new Date()),
    });
  }

  async authenticate(key: string): Promise<Caller> {
    const hash = hashApiKey(key, this.config.keyPepper);
    const caller = await this.callers.fetch(Buffer.from(hash).toString('base64'), { context: hash });
    if (!caller) throw incorrectKey(maskApiKey(key));
    return caller;
  }

  /** Forgets all keys that were seen, so that a revocation takes effect at once on this server. */
  forget(): void {
    this.callers.clear();
  }
}
