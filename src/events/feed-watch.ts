import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import { unavailable } from '../errors/catalogue.js';
import { isDatabaseAway, NotConnectedError } from '../errors/database-error.js';
import { Metrics } from '../metrics/metrics.js';
import { EventsRepository, type FeedKey } from './events.repository.js';
import type { FeedReader } from './feed-reader.js';
import { FeedTail } from './feed-tail.js';
import { WakeUps } from './wake-ups.js';

/**
 * How often one statement asks for all who follow: whether their keys still open their projects, and whether anything
 * is new that nobody announced.
 */
const CHECK_MS = 500;

/** Proxies end connections that say nothing; the shortest of the usual limits is 30 seconds. */
const HEARTBEAT_MS = 15_000;

/** Those who came with one key. */
interface Followers {
  readonly key: FeedKey;
  readonly tail: FeedTail;
  readonly readers: FeedReader[];
}

/** All who follow a feed in this process, whatever the transport. */
@Injectable()
export class FeedWatch implements BeforeApplicationShutdown {
  private readonly tails = new Map<string, FeedTail>();
  private timer: NodeJS.Timeout | undefined;
  private isChecking = false;
  private isClosing = false;

  constructor(
    private readonly events: EventsRepository,
    private readonly wakeUps: WakeUps,
    private readonly metrics: Metrics,
    private readonly host: HttpAdapterHost<FastifyAdapter>,
  ) {}

  /** Followers end before requests do, so that they hold nothing up; those who come later are refused. */
  beforeApplicationShutdown(): void {
    this.isClosing = true;
    clearInterval(this.timer);
    for (const tail of this.tails.values()) for (const reader of tail.readers) tail.end(reader);
  }

  requireOpen(): void {
    if (this.isClosing) throw unavailable('It is being stopped.');
  }

  /** `position` is one that the feed has reached. */
  join(reader: FeedReader, position: number): FeedTail {
    const { projectId } = reader.key;
    const tail = this.tails.get(projectId) ?? new FeedTail(projectId, this.events, position, this.tellUnlessAway);
    this.tails.set(projectId, tail);
    tail.readers.add(reader);
    this.metrics.eventStreams.inc();
    if (this.isClosing) tail.end(reader);
    this.start();
    return tail;
  }

  leave(reader: FeedReader): void {
    const tail = this.tails.get(reader.key.projectId);
    tail?.readers.delete(reader);
    this.metrics.eventStreams.dec();
    if (tail?.readers.size === 0) this.tails.delete(reader.key.projectId);
    if (this.tails.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private start(): void {
    if (this.timer || this.isClosing) return;
    this.timer = setInterval(() => this.check(), CHECK_MS);
    this.wakeUps.listen(this.onWakeUp);
  }

  private readonly onWakeUp = (projectId: string): void => this.tails.get(projectId)?.advance();

  private check(): void {
    const heartbeatBefore = Date.now() - HEARTBEAT_MS;
    for (const tail of this.tails.values()) {
      for (const reader of tail.readers) {
        if (reader.isWaiting && reader.since <= heartbeatBefore) tail.nudge(reader);
      }
    }
    if (this.isChecking) return;
    this.isChecking = true;
    void this.compare()
      .catch(this.tellUnlessAway)
      .finally(() => (this.isChecking = false));
  }

  private async compare(): Promise<void> {
    const followers = this.followersByKey();
    const standing = await this.events.standingOf(followers.map(({ key }) => key));
    for (const [index, { tail, readers }] of followers.entries()) {
      const position = standing[index];
      if (position === undefined) for (const reader of readers) tail.end(reader);
      else if (position > tail.position) tail.advance();
    }
  }

  private followersByKey(): Followers[] {
    const byKey = new Map<string, Followers>();
    for (const tail of this.tails.values()) {
      for (const reader of tail.readers) {
        const { key } = reader;
        const known = byKey.get(key.keyId);
        if (known) known.readers.push(reader);
        else byKey.set(key.keyId, { key, tail, readers: [reader] });
      }
    }
    return [...byKey.values()];
  }

  /** The next look is soon. */
  private readonly tellUnlessAway = (error: unknown): void => {
    if (isDatabaseAway(error) || error instanceof NotConnectedError) return;
    this.host.httpAdapter.getInstance().log.error({ err: error }, 'Events could not be read.');
  };
}
