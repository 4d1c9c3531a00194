import { Injectable } from '@nestjs/common';
import { setTimeout } from 'node:timers/promises';
import { CACHE_TTL_MS } from '../auth/keys.service.js';
import type { Tenant } from '../auth/tenant.js';
import { eventFeedInUse } from '../errors/catalogue.js';
import type { EventFeed } from './event-feed.js';
import { EventFeedsRepository } from './event-feeds.repository.js';

/** After this time no server remembers a caller of before, whose changes it would not record. */
const OPENING_MS = CACHE_TTL_MS + 250;

const NEVER_OPENED: EventFeed = { isOpen: false, lastPosition: 0 };

@Injectable()
export class EventFeedsService {
  constructor(private readonly feeds: EventFeedsRepository) {}

  async get(tenant: Tenant): Promise<EventFeed> {
    return (await this.feeds.find(tenant)) ?? NEVER_OPENED;
  }

  /** Answers when every change that is asked for from now on will be recorded, by whichever server. */
  async open(tenant: Tenant): Promise<EventFeed> {
    const openFor = await this.feeds.open(tenant);
    if (openFor < OPENING_MS) await setTimeout(OPENING_MS - openFor);
    return this.get(tenant);
  }

  /** From the commit on nothing is recorded. What was recorded stays, and can be read when the feed is open again. */
  async close(tenant: Tenant): Promise<EventFeed> {
    if (!(await this.feeds.close(tenant))) throw eventFeedInUse();
    return this.get(tenant);
  }

  set(tenant: Tenant, isOpen: boolean): Promise<EventFeed> {
    return isOpen ? this.open(tenant) : this.close(tenant);
  }
}
