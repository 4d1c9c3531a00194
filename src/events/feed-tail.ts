import type { Event } from './event.js';
import type { EventsRepository } from './events.repository.js';
import type { FeedReader } from './feed-reader.js';

/** What is read at once: 500 thin events are some 100 KB. */
const LIMIT = 500;

/**
 * The end of a project's feed. Who has read everything waits here: what is new is read once for all of them, and wakes
 * those whom it concerns.
 */
export class FeedTail {
  /** All who follow the project, whether they wait or are still sending. */
  readonly readers = new Set<FeedReader>();
  /** Those who wait, by the thread that they follow; undefined: all of the project. */
  private readonly waiting = new Map<string | undefined, Set<FeedReader>>();
  private isReading = false;
  private isStale = false;

  constructor(
    private readonly projectId: string,
    private readonly events: EventsRepository,
    /** Up to here everything was handed to those who waited. */
    public position: number,
    private readonly tell: (error: unknown) => void,
  ) {}

  /** Waits until there is something after the position of the tail, or until the reader is woken. */
  async wait(reader: FeedReader): ReturnType<FeedReader['wait']> {
    const group = this.waiting.get(reader.threadId) ?? new Set();
    this.waiting.set(reader.threadId, group.add(reader));
    const waiting = reader.wait();
    void this.read();
    const woken = await waiting;
    group.delete(reader);
    if (group.size === 0) this.waiting.delete(reader.threadId);
    return woken;
  }

  /** Gives one who waits nothing: it lives, or it is over. */
  nudge(reader: FeedReader): void {
    reader.give({ events: [], end: this.position });
  }

  end(reader: FeedReader): void {
    reader.isOver = true;
    this.nudge(reader);
  }

  /** Says that there is something new. It is read when somebody waits for it. */
  advance(): void {
    this.isStale = true;
    void this.read();
  }

  private async read(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      while (this.isStale && this.waiting.size > 0) {
        this.isStale = false;
        await this.readPage();
      }
    } catch (error) {
      this.isStale = true;
      this.tell(error);
    } finally {
      this.isReading = false;
    }
  }

  private async readPage(): Promise<void> {
    const page = await this.events.page(this.projectId, this.position, LIMIT);
    // Nobody was away for as long as events are kept, but the database may have been.
    if (!page?.isKept) {
      for (const reader of this.readers) this.end(reader);
      return;
    }
    this.isStale ||= page.events.length === LIMIT;
    this.position = page.events.at(-1)?.position ?? page.end;
    const concerned = new Map<FeedReader, Event[]>();
    for (const event of page.events) {
      for (const reader of [...this.groupOf(undefined), ...this.groupOf(event.threadId)]) {
        if (!reader.wants(event) && !reader.endsWith(event)) continue;
        const events = concerned.get(reader);
        if (events) events.push(event);
        else concerned.set(reader, [event]);
      }
    }
    for (const [reader, events] of concerned) reader.give({ events, end: this.position });
  }

  private groupOf(threadId: string | undefined): Iterable<FeedReader> {
    return this.waiting.get(threadId) ?? [];
  }
}
