import { unavailable } from '../errors/catalogue.js';

/**
 * In milliseconds: a disk or a lock that stops the commits of a kind for a second refuses none of those who line up. For
 * what this leaves of the 5 seconds of a request see `connection-pool.ts`.
 */
const PATIENCE_MS = 1_500;

/** Whether who waits since then, in milliseconds of the clock, has waited long enough. */
export const isTooLate = (since: number): boolean => performance.now() - since >= PATIENCE_MS;

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

  /** `reason` is a sentence for who gets no turn. */
  constructor(
    private readonly most: number,
    private readonly reason: string,
  ) {}

  /**
   * Who does not get a turn in time is refused as unavailable; the work has not begun then. `since`, in milliseconds of
   * the clock, is when he began to wait.
   */
  async take<Result>(subject: unknown, work: () => Promise<Result>, since = performance.now()): Promise<Result> {
    await this.turn(subject, PATIENCE_MS - (performance.now() - since));
    try {
      return await work();
    } finally {
      this.underWay.delete(subject);
      this.next();
    }
  }

  private async turn(subject: unknown, patience: number): Promise<void> {
    if (patience <= 0) throw unavailable(this.reason);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting = this.waiting.filter((each) => each !== waiting);
        reject(unavailable(this.reason));
      }, patience);
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
