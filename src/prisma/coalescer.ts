import { isDatabaseAway } from '../errors/database-error.js';
import type { Rows } from './rows.js';

/** What one statement takes at most, and how many of a kind are under way at once. */
const MAX_ROWS = 64;
const MAX_CHARACTERS = 1024 * 1024;
const MAX_UNDER_WAY = 3;

/**
 * Does what is asked for by the rows, which may be of several tenants, in one statement, and gives the results in
 * order. A patient one waits for what others have locked; one that is not leaves a row undone, as undefined.
 */
type Statement<Result> = (rows: Rows, patient: boolean) => Promise<readonly (Result | undefined)[]>;

interface Waiting<Result> {
  readonly row: string;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets requests that arrive in the same turn of the event loop, or while PostgreSQL is busy, share a statement and its
 * commit. Each is answered after the commit; none waits for what only another one needs, or fails because of it.
 */
export class Coalescer<Item extends object, Result> {
  private readonly waiting: Waiting<Result>[] = [];
  private underWay = 0;
  private isScheduled = false;

  constructor(private readonly statement: Statement<Result>) {}

  run(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ row: JSON.stringify(item), resolve, reject });
      if (this.isScheduled) return;
      this.isScheduled = true;
      setImmediate(() => {
        this.isScheduled = false;
        this.start();
      });
    });
  }

  private start(): void {
    while (this.waiting.length > 0 && this.underWay < MAX_UNDER_WAY) {
      this.underWay++;
      void this.settle(this.nextBatch()).finally(() => {
        this.underWay--;
        this.start();
      });
    }
  }

  private nextBatch(): Waiting<Result>[] {
    let count = 0;
    for (let characters = 0; count < Math.min(this.waiting.length, MAX_ROWS); count++) {
      characters += this.waiting[count]!.row.length;
      if (count > 0 && characters > MAX_CHARACTERS) break;
    }
    return this.waiting.splice(0, count);
  }

  private async settle(batch: readonly Waiting<Result>[]): Promise<void> {
    if (batch.length === 1) return this.settleAlone(batch[0]!);
    let results: readonly (Result | undefined)[] = [];
    try {
      const rows = batch.map(({ row }) => row);
      results = await this.statement(rows, false);
    } catch (error) {
      // Otherwise one of them cannot be done, and nothing was: each is tried by itself.
      if (isDatabaseAway(error)) return this.refuse(batch, error);
    }
    await Promise.all(
      batch.map((each, index) => {
        const result = results[index];
        return result === undefined ? this.settleAlone(each) : each.resolve(result);
      }),
    );
  }

  /** Those that wait would find the database as it is: its timeouts are not to add up for them. */
  private refuse(batch: readonly Waiting<Result>[], error: unknown): void {
    for (const { reject } of [...batch, ...this.waiting.splice(0)]) reject(error);
  }

  private async settleAlone({ row, resolve, reject }: Waiting<Result>): Promise<void> {
    try {
      const [result] = await this.statement([row], true);
      if (result === undefined) throw new Error('A patient statement left its row undone.');
      resolve(result);
    } catch (error) {
      reject(error);
    }
  }
}
