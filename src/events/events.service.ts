import { Injectable } from '@nestjs/common';
import type { Tenant } from '../auth/tenant.js';
import { eventFeedOff, eventNotFound, eventsExpired, malformedId, threadNotFound } from '../errors/catalogue.js';
import { requireThreadId } from '../ids/id.js';
import type { Page } from '../pagination/page.js';
import type { EventFeed } from './event-feed.js';
import { EventFeedsRepository } from './event-feeds.repository.js';
import { type EventFilter, EventsRepository, type FeedPage } from './events.repository.js';
import { type Event, isEventId, positionOf } from './event.js';
import { FeedReader } from './feed-reader.js';
import { FeedWatch } from './feed-watch.js';

/** What a follower who is behind reads at once, and what one who does not read holds. */
const STREAM_PAGE = 100;

/** Something to send when nothing has happened for a while. */
export const HEARTBEAT = Symbol('heartbeat');
export type Heartbeat = typeof HEARTBEAT;

/** Why a stream ended: there will be nothing more, or there will be for who comes again. */
export type StreamEnd = 'complete' | 'interrupted';

export type EventStream = AsyncGenerator<Event | Heartbeat, StreamEnd, undefined>;

/** Where to begin, and what to leave out. */
export interface EventsRequest extends EventFilter {
  readonly after?: Place;
}

@Injectable()
export class EventsService {
  /** Many who stand at the same place, as after a restart, share the reading. */
  private readonly reading = new Map<string, Promise<FeedPage | null>>();

  constructor(
    private readonly events: EventsRepository,
    private readonly feeds: EventFeedsRepository,
    private readonly watch: FeedWatch,
  ) {}

  /** The oldest events first: those after one, or from the oldest on that is kept. */
  async page({ projectId }: Tenant, request: EventsRequest, limit: number): Promise<Page<Event>> {
    const { after, ...filter } = request;
    const start = after && startOf(after);
    const items: Event[] = [];
    for (let position = start; ;) {
      const page = await this.events.page(projectId, position, limit + 1 - items.length, filter);
      requireOpen(page);
      if (position !== undefined && after) requireKept(page, position, after);
      items.push(...page.events);
      if (items.length > limit || page.end === page.lastPosition) break;
      position = page.end;
    }
    return { items: items.slice(0, limit), hasMore: items.length > limit };
  }

  /**
   * All events from a place on, or from now on, as they come: until the signal, the end of the thread, of the key, of
   * the feed or of the server. What is wrong with the request is told before. Who reads slowly holds one page.
   */
  async stream(tenant: Tenant, request: EventsRequest, signal: AbortSignal): Promise<EventStream> {
    const { projectId, keyId } = tenant;
    const { after, threadId, types } = request;
    this.watch.requireOpen();
    if (threadId !== undefined) requireThreadId(threadId);
    const reader = new FeedReader({ projectId, keyId }, threadId, types);
    const start = after && startOf(after);
    const first = start === undefined ? null : await this.read(reader, start);
    const feed = first ?? (await this.feeds.find(tenant));
    requireOpen(feed);
    if (first && after) requireKept(first, start!, after);
    const isThreadOver = threadId !== undefined && !(await this.events.hasThread(projectId, threadId));
    // One who was away may still hear of the end.
    if (isThreadOver && !first?.events.length) throw threadNotFound(threadId);
    return this.follow(reader, start ?? feed.lastPosition, feed.lastPosition, signal);
  }

  private async *follow(reader: FeedReader, start: number, reached: number, signal: AbortSignal): EventStream {
    const tail = this.watch.join(reader, reached);
    const end = (): void => tail.end(reader);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    try {
      for (let position = start; !reader.isOver;) {
        const isBehind = position < tail.position;
        const { events, end: until } = isBehind ? await this.next(reader, position) : await tail.wait(reader);
        for (const event of events) {
          if (reader.isOver) return 'interrupted';
          if (event.position <= position) continue;
          if (reader.wants(event)) yield event;
          if (reader.endsWith(event)) return 'complete';
        }
        if (!isBehind && events.length === 0 && !reader.isOver) yield HEARTBEAT;
        position = Math.max(position, until);
      }
      return 'interrupted';
    } finally {
      signal.removeEventListener('abort', end);
      this.watch.leave(reader);
    }
  }

  /** The next page of one who is behind; none when it cannot go on: asked anew, it is told why. */
  private async next(reader: FeedReader, position: number): Promise<Pick<FeedPage, 'events' | 'end'>> {
    const page = await this.read(reader, position);
    if (page?.isKept) {
      const isFull = page.events.length === STREAM_PAGE;
      return { events: page.events, end: isFull ? page.events.at(-1)!.position : page.end };
    }
    reader.isOver = true;
    return { events: [], end: position };
  }

  private read({ key: { projectId }, filter }: FeedReader, position: number): Promise<FeedPage | null> {
    const name = JSON.stringify([projectId, position, filter]);
    const known = this.reading.get(name);
    if (known) return known;
    const page = this.events.page(projectId, position, STREAM_PAGE, filter).finally(() => this.reading.delete(name));
    this.reading.set(name, page);
    return page;
  }
}

interface Place {
  readonly id: string;
  /** Where it was sent: a parameter or a header. */
  readonly param: string;
}

function startOf({ id, param }: Place): number {
  if (!isEventId(id)) throw malformedId(param, id, 'evt_');
  const position = positionOf(id);
  if (position === undefined) throw eventNotFound(id);
  return position;
}

function requireOpen<Feed extends EventFeed>(feed: Feed | null): asserts feed is Feed {
  if (!feed?.isOpen) throw eventFeedOff();
}

function requireKept({ isKept, lastPosition }: FeedPage, start: number, { id, param }: Place): void {
  if (start > lastPosition) throw eventNotFound(id);
  if (!isKept) throw eventsExpired(param, id);
}
