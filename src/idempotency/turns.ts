import { unavailable } from '../errors/catalogue.js';

/** With the longest wait for a statement this stays below the 5 seconds after which every request has its answer. */
const PATIENCE_MS = 1_500;

interface Waiting {
  readonly subject: unknown;
  readonly start: () => void;
}

/**
 * Lets so many work at once, and of one subject one; the others wait in order. Those for a busy thread wait here, and
 * not in connections that wait for each other's lock.
 */
export class Turns {
  private waiting: Waiting[] = [];
  private readonly underWay = new Set<unknown>();

  constructor(private readonly most: number) {}

  /** Who does not get a turn in time is refused as unavailable; the work has not begun then. */
  async take<Result>(subject: unknown, work: () => Promise<Result>): Promise<Result> {
    await this.turn(subject);
    try {
      return await work();
    } finally {
      this.underWay.delete(subject);
      this.next();
    }
  }

  private turn(subject: unknown): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((each) => each !== waiting);
        reject(unavailable("Other requests with an 'Idempotency-Key' came first."));
      }, PATIENCE_MS);
      const start = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const waiting = { subject, start };
      this.waiting.push(waiting);
      this.next();
    });
  }

  private next(): void {
    this.waiting = this.waiting.filter(({ subject, start }) => {
      if (this.underWay.size === this.most || this.underWay.has(subject)) return true;
      this.underWay.add(subject);
      start();
      return false;
    });
  }
}
