import type { Context } from '@opentelemetry/api';
import { isDatabaseAway, notSent } from '../errors/database-error.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Rows } from './rows.js';
import { counters, tracing } from './shared-statements.js';

/** What one statement takes at most, and how many of a kind are under way at once. */
const MAX_ROWS = 64;
const MAX_CHARACTERS = 1024 * 1024;
const MAX_UNDER_WAY = 3;

/** While a shared statement is under way, the next one waits for this many: few full ones cost less than many small ones. */
const WORTH_SHARING = 11;

/** How many statements of a kind wait for locks at once, so that connections are left for all others. */
const MAX_PATIENT = 3;

/** Who has waited this long when the database fails another one does not wait for it any more. */
const PATIENCE_MS = 1_500;

/**
 * Does what is asked for by the rows, which may be of several tenants, in one statement, and gives the results in
 * order. A patient one waits for what others have locked; one that is not leaves a row undone, as undefined.
 */
type Statement<Result> = (
  rows: Rows,
  patient: boolean,
  transaction?: Prisma.TransactionClient,
) => Promise<readonly (Result | undefined)[]>;

/** How the statements of a kind differ from others. */
interface Traits<Item> {
  /**
   * What a statement locks: of one key one statement is under way, so that the requests for a busy thread line up here
   * and go together, and not in connections that wait for each other.
   */
  readonly keyOf?: (item: Item) => unknown;
  /** Whether they wait for no commit: then what waits is divided among all that may be under way, not filled up. */
  readonly reads?: boolean;
}

interface Waiting<Result> {
  readonly row: string;
  readonly key: unknown;
  readonly since: number;
  readonly context: Context | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Lets requests that arrive in the same turn of the event loop, or while PostgreSQL is busy, share a statement and its
 * commit. Each is answered after the commit; none waits for what only another one needs, or fails because of it: what
 * a shared statement leaves undone is done patiently, by statements for one key each.
 */
export class Coalescer<Item extends object, Result> {
  private waiting: Waiting<Result>[] = [];
  private undone: Waiting<Result>[][] = [];
  private readonly keysUnderWay = new Set<unknown>();
  private underWay = 0;
  private sharedUnderWay = 0;
  private patientUnderWay = 0;
  private isScheduled = false;
  /** Whether the last statement was for one request: the next one will hardly have company, and does not wait for it. */
  private wasAlone = false;

  /** `kind` is the name of the statement for who measures and traces. */
  constructor(
    private readonly kind: string,
    private readonly statement: Statement<Result>,
    private readonly traits: Traits<Item> = {},
  ) {}

  /** What belongs to a transaction is done by itself, there. */
  run(item: Item, transaction?: Prisma.TransactionClient): Promise<Result> {
    if (transaction) return this.runAlone(item, transaction);
    return new Promise((resolve, reject) => {
      const context = tracing.by?.context();
      const row = JSON.stringify(item);
      const key = this.traits.keyOf?.(item) ?? Symbol();
      this.waiting.push({ row, key, since: Date.now(), context, resolve, reject });
      if (this.isScheduled) return;
      if (this.wasAlone && this.underWay === 0) return this.start();
      this.isScheduled = true;
      setImmediate(() => {
        this.isScheduled = false;
        this.start();
      });
    });
  }

  private async runAlone(item: Item, transaction: Prisma.TransactionClient): Promise<Result> {
    const [result] = await this.statement([JSON.stringify(item)], true, transaction);
    if (result === undefined) throw new Error('A patient statement left its row.');
    return result;
  }

  private start(): void {
    while (this.mayStart()) {
      const batch = this.nextBatch();
      if (batch.length === 0) return;
      const shared = batch.length > 1 ? 1 : 0;
      this.wasAlone = shared === 0;
      this.underWay++;
      this.sharedUnderWay += shared;
      for (const { key } of batch) this.keysUnderWay.add(key);
      void this.execute(batch, false).then((undone) => {
        this.underWay--;
        this.sharedUnderWay -= shared;
        this.undone.push(...byKey(undone));
        this.startPatient();
        this.start();
      });
    }
  }

  private mayStart(): boolean {
    return this.underWay < MAX_UNDER_WAY && (this.sharedUnderWay === 0 || this.waiting.length >= WORTH_SHARING);
  }

  private mostRows(): number {
    if (!this.traits.reads) return MAX_ROWS;
    const share = Math.ceil(this.waiting.length / (MAX_UNDER_WAY - this.underWay));
    return Math.min(MAX_ROWS, Math.max(WORTH_SHARING, share));
  }

  /** Those who wait longest, up to the limits, but for those whose key is under way. */
  private nextBatch(): readonly Waiting<Result>[] {
    const batch: Waiting<Result>[] = [];
    const mostRows = this.mostRows();
    let characters = 0;
    this.waiting = this.waiting.filter((each) => {
      const isFull = batch.length === mostRows || (batch.length > 0 && characters + each.row.length > MAX_CHARACTERS);
      if (isFull || this.keysUnderWay.has(each.key)) return true;
      characters += each.row.length;
      batch.push(each);
      return false;
    });
    return batch;
  }

  private startPatient(): void {
    while (this.patientUnderWay < MAX_PATIENT) {
      const group = this.undone.shift();
      if (!group) return;
      this.patientUnderWay++;
      void this.execute(group, true).then((undone) => {
        this.patientUnderWay--;
        this.undone.push(...undone.map((each) => [each]));
        this.startPatient();
        this.start();
      });
    }
  }

  /** Runs the statement, answers who can be answered, and gives back who is left. */
  private async execute(batch: readonly Waiting<Result>[], patient: boolean): Promise<Waiting<Result>[]> {
    let results: readonly (Result | undefined)[] = [];
    try {
      const rows = batch.map(({ row }) => row);
      results = await this.seen(batch, () => this.statement(rows, patient));
      if (patient && batch.length === 1 && results[0] === undefined)
        throw new Error('A patient statement left its row.');
    } catch (error) {
      // One of them cannot be done, so nothing was.
      if (batch.length > 1 && !isDatabaseAway(error)) return [...batch];
      this.refuse(batch, error);
      return [];
    }
    const undone: Waiting<Result>[] = [];
    for (const [index, each] of batch.entries()) {
      const result = results[index];
      if (result === undefined) undone.push(each);
      else this.settle(each, () => each.resolve(result));
    }
    // A key stays under way for those who are left.
    for (const { key } of undone) this.keysUnderWay.add(key);
    return undone;
  }

  /** Runs a statement before the eyes of who measures and traces. */
  private seen<T>(batch: readonly Waiting<Result>[], run: () => Promise<T>): Promise<T> {
    const { kind } = this;
    for (const count of counters) count(kind, batch.length);
    return tracing.by
      ? tracing.by.within(
          batch.map(({ context }) => context),
          kind,
          run,
        )
      : run();
  }

  private settle({ key }: Waiting<Result>, answer: () => void): void {
    this.keysUnderWay.delete(key);
    answer();
  }

  /** The waits for a turn and for an answer are not to add up to more than the 5 seconds of a request. */
  private refuse(batch: readonly Waiting<Result>[], error: unknown): void {
    for (const each of batch) this.settle(each, () => each.reject(error));
    if (!isDatabaseAway(error)) return;
    const now = Date.now();
    const isOver = ({ since }: Waiting<Result>): boolean => now - since > PATIENCE_MS;
    const over = [...this.waiting, ...this.undone.flat()].filter(isOver);
    for (const each of over) this.settle(each, () => each.reject(notSent(error)));
    this.waiting = this.waiting.filter((each) => !isOver(each));
    this.undone = this.undone.map((group) => group.filter((each) => !isOver(each))).filter(({ length }) => length > 0);
  }
}

function byKey<T extends { readonly key: unknown }>(items: readonly T[]): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) groups.set(item.key, [...(groups.get(item.key) ?? []), item]);
  return [...groups.values()];
}
