import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Config } from '../config/config.js';
import { tooManyIncorrectKeys } from '../errors/catalogue.js';
import { networkOf } from './network.js';

const WINDOW_MS = 60_000;

/** How many addresses and how many good keys are remembered, at most; the one that was not seen for longest goes. */
const ADDRESSES_SIZE = 10_000;
const GOOD_KEYS_SIZE = 10_000;

/**
 * A brake on wrong keys: after so many within a minute from one address, this server looks up no more keys for it that
 * it never saw to be right. Those that it did go on working: people behind one address are not locked out by one of them.
 */
@Injectable()
export class WrongKeys {
  private readonly limit: number;
  private readonly failures = new LRUCache<string, number>({ max: ADDRESSES_SIZE, ttl: WINDOW_MS });
  private readonly goodKeys = new LRUCache<string, true>({ max: GOOD_KEYS_SIZE });

  constructor({ authFailureLimit }: Config) {
    this.limit = authFailureLimit > 0 ? authFailureLimit : Infinity;
  }

  /** Refuses an address that has sent too many wrong keys, unless this one was right before. */
  requireTrust(address: string, keyHash: string): void {
    const network = networkOf(address);
    if ((this.failures.get(network) ?? 0) >= this.limit && !this.goodKeys.has(keyHash)) throw this.refusal(network);
  }

  wasRight(keyHash: string): void {
    this.goodKeys.set(keyHash, true);
  }

  /** Counts a wrong key. Of those that were looked up at once, all beyond the limit are refused as later ones are. */
  wasWrong(address: string, keyHash: string): void {
    this.goodKeys.delete(keyHash);
    const network = networkOf(address);
    const count = (this.failures.get(network) ?? 0) + 1;
    this.failures.set(network, count, { noUpdateTTL: true });
    if (count > this.limit) throw this.refusal(network);
  }

  private refusal(network: string): Error {
    return tooManyIncorrectKeys(this.limit, Math.max(1, Math.ceil(this.failures.getRemainingTTL(network) / 1000)));
  }
}
