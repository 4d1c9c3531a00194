import { notSent } from '../errors/database-error.js';
import type { Prisma } from '../generated/prisma/client.js';
import { rowOf } from './rows.js';
import { type Batch, SharedExecution, type SharedStatement, tooLate, type Waiting } from './shared-execution.js';
import { tracing } from './shared-statements.js';
import { isTooLate } from './turns.js';

/** What one statement of several rows takes at most, and how many of a coalescer are under way at once. */
const MAX_ROWS = 64;
const MAX_CHARACTERS = 1024 * 1024;
const MAX_UNDER_WAY = 3;

/** A row of more characters goes alone, and one statement is left for those of fewer. */
const LARGE_ROW = MAX_CHARACTERS / 4;
const MAX_LARGE = MAX_UNDER_WAY - 1;

/** While a shared statement is under way, the next one waits for this many: few full ones cost less than many small ones. */
const WORTH_SHARING = 11;

/** So many changes are sent before the server has read all requests that are there: PostgreSQL was idle meanwhile. */
const WORTH_SENDING = 22;

/** How the statements of a kind differ from others. */
export interface Traits<Item> {
  /**
   * What a statement locks: of one key one statement is under way, so that the requests for a busy thread line up here
   * and go together, and not in connections that wait for each other.
   */
  readonly keyOf?: (item: Item) => unknown;
  /** What a statement can change once: the others wait for the next one. */
  readonly onceOf?: (item: Item) => unknown;
  /** Who waits for one another's commits: a statement is for those of one party, and of a party one hasty one is under way. */
  readonly partyOf?: (item: Item) => unknown;
  /** Whether they wait for no commit: then what waits is divided among all that may be under way, not filled up. */
  readonly reads?: boolean;
}

interface Queued<Result> extends Waiting<Result> {
  readonly once: unknown;
}

/**
 * Lets requests that arrive in the same turn of the event loop, or while PostgreSQL is busy, share a statement and its
 * commit. Each is answered after the commit; none waits for what only another one needs, or fails because of it: what
 * a shared statement leaves undone is done patiently, by statements for one key each.
 */
export class Coalescer<Item extends object, Result> {
  private waiting: Queued<Result>[] = [];
  private underWay: Batch<Result>[] = [];
  private readonly keysUnderWay = new Set<unknown>();
  /** How many have come since the last start. */
  private arrived = 0;
  private isScheduled = false;
  /** Whether the last statement was for one request: the next one will hardly have company, and does not wait for it. */
  private wasAlone = false;
  private readonly execution: SharedExecution<Result>;

  /** `kind` is the name of the statement for who measures and traces. */
  constructor(
    kind: string,
    statement: SharedStatement<Result>,
    private readonly traits: Traits<Item> = {},
  ) {
    const onFailure = (error: unknown): void => this.dismiss(() => notSent(error));
    this.execution = new SharedExecution(kind, statement, traits.reads ?? false, onFailure);
  }

  /** What belongs to a transaction is done by itself, there. */
  run(item: Item, transaction?: Prisma.TransactionClient): Promise<Result> {
    const row = rowOf(item);
    if (transaction) return this.execution.inTransaction(row, transaction);
    return new Promise((resolve, reject) => {
      const context = tracing.by?.context();
      const key = this.traits.keyOf?.(item) ?? Symbol();
      const once = this.traits.onceOf?.(item);
      const party = this.traits.partyOf?.(item);
      this.waiting.push({ row, key, once, party, since: performance.now(), context, resolve, reject });
      if (++this.arrived === WORTH_SENDING && !this.traits.reads) return this.start();
      if (this.isScheduled) return;
      if (this.wasAlone && this.underWay.length === 0) return this.start();
      this.isScheduled = true;
      setImmediate(() => {
        this.isScheduled = false;
        this.start();
      });
    });
  }

  private start(): void {
    this.arrived = 0;
    this.dismiss(tooLate);
    while (this.mayStart()) {
      const batch = this.nextBatch();
      if (batch.length === 0) return;
      this.wasAlone = batch.length === 1;
      this.underWay.push(batch);
      void this.execution.hastily(batch).then((undone) => {
        this.underWay = this.underWay.filter((each) => each !== batch);
        for (const { key } of batch) this.keysUnderWay.delete(key);
        for (const group of byKey(undone)) void this.finish(group);
        this.start();
      });
    }
  }

  private async finish(group: Batch<Result>): Promise<void> {
    const { key } = group[0]!;
    this.keysUnderWay.add(key);
    await this.execution.patiently(group);
    this.keysUnderWay.delete(key);
    this.start();
  }

  private mayStart(): boolean {
    if (this.underWay.length === MAX_UNDER_WAY) return false;
    if (this.traits.partyOf || this.waiting.length >= WORTH_SHARING) return true;
    return this.underWay.every((batch) => batch.length === 1);
  }

  private mostRows(): number {
    if (!this.traits.reads) return MAX_ROWS;
    const share = Math.ceil(this.waiting.length / (MAX_UNDER_WAY - this.underWay.length));
    return Math.min(MAX_ROWS, Math.max(WORTH_SHARING, share));
  }

  /** Those who wait longest, up to the limits. */
  private nextBatch(): Batch<Result> {
    const batch: Waiting<Result>[] = [];
    const once = new Set<unknown>();
    const mostRows = this.mostRows();
    let characters = 0;
    this.waiting = this.waiting.filter((each) => {
      const isFull = batch.length === mostRows || characters + each.row.json.length > MAX_CHARACTERS;
      if (!this.mayGo(each) || once.has(each.once) || (batch[0] && (isFull || !mayShare(batch[0], each)))) return true;
      if (each.once !== undefined) once.add(each.once);
      characters += each.row.json.length;
      batch.push(each);
      return false;
    });
    for (const { key } of batch) this.keysUnderWay.add(key);
    return batch;
  }

  private mayGo(each: Queued<Result>): boolean {
    if (this.keysUnderWay.has(each.key)) return false;
    if (each.party !== undefined && this.underWay.some(([first]) => first?.party === each.party)) return false;
    return !isLarge(each) || this.underWay.filter(([first]) => first && isLarge(first)).length < MAX_LARGE;
  }

  /** Refuses who has waited too long. They wait in order. */
  private dismiss(reason: () => unknown): void {
    while (this.waiting[0] && isTooLate(this.waiting[0].since)) this.waiting.shift()!.reject(reason());
  }
}

type Candidate = Pick<Waiting<unknown>, 'row' | 'party'>;

const isLarge = ({ row }: Candidate): boolean => row.json.length > LARGE_ROW;

const mayShare = (one: Candidate, other: Candidate): boolean =>
  one.party === other.party && !isLarge(one) && !isLarge(other);

function byKey<T extends { readonly key: unknown }>(items: readonly T[]): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) groups.set(item.key, [...(groups.get(item.key) ?? []), item]);
  return [...groups.values()];
}
