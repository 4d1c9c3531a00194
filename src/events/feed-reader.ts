import type { EventFilter, FeedKey } from './events.repository.js';
import type { Event, EventType } from './event.js';

/** What a reader who waited is woken with: events, or none for a sign of life or the end. */
export interface Woken {
  readonly events: readonly Event[];
  /** There is nothing else for it up to this position. */
  readonly end: number;
}

const END_OF_THREAD = 'thread.deleted';

/** Somebody who follows the events of a project. */
export class FeedReader {
  isOver = false;
  /** When it last had something, or nothing, to send. */
  since = Date.now();
  private wake: ((woken: Woken) => void) | undefined;

  constructor(
    readonly key: FeedKey,
    readonly threadId: string | undefined,
    readonly types: readonly EventType[] | undefined,
  ) {}

  get isWaiting(): boolean {
    return this.wake !== undefined;
  }

  /** Of what is about its thread, if it follows one. */
  wants({ type }: Event): boolean {
    return this.types?.includes(type) ?? true;
  }

  /** Whether there will be nothing more, be it wanted or not. */
  endsWith({ type }: Event): boolean {
    return this.threadId !== undefined && type === END_OF_THREAD;
  }

  /** What has to be read for it. */
  get filter(): EventFilter {
    const { threadId, types } = this;
    return { threadId, types: threadId !== undefined && types ? [...types, END_OF_THREAD] : types };
  }

  /** Waits for what comes next. */
  wait(): Promise<Woken> {
    this.since = Date.now();
    return new Promise((resolve) => (this.wake = resolve));
  }

  give(woken: Woken): void {
    const { wake } = this;
    this.wake = undefined;
    wake?.(woken);
  }
}
