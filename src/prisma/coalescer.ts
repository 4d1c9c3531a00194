import type { Context } from '@opentelemetry/api';
import { unavailable } from '../errors/catalogue.js';
import { isDatabaseAway, isOutcomeUnknown, isRefused, notSent } from '../errors/database-error.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Rows } from './rows.js';
import { counters, tracing } from './shared-statements.js';
import { PATIENCE_MS, Turns } from './turns.js';

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

/**
 * How many statements of all kinds are under way at once that wait for locks, for the commits of others, and for large
 * pages, so that connections are left for all others. Who waits for a turn holds no lock.
 */
const MAX_WAITING = 3;
const forLocks = new Turns(MAX_WAITING, 'Others wait for what is locked.');
const forCommits = new Turns(MAX_WAITING, 'Others wait for commits of their project.');
const forLargePages = new Turns(MAX_WAITING, 'Other large pages came first.');

/**
 * Does what is asked for by the rows, which may be of several tenants, in one statement, and gives the results in
 * order. A patient one waits for what others have locked; one that is not leaves a row undone, as undefined.
 */
export type SharedStatement<Result> = (
  rows: Rows,
  patient: boolean,
  transaction?: Prisma.TransactionClient,
) => Promise<readonly (Result | undefined)[]>;

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

interface Waiting<Result> {
  readonly row: string;
  readonly key: unknown;
  readonly once: unknown;
  readonly party: unknown;
  readonly since: number;
  readonly context: Context | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

type Batch<Result> = readonly Waiting<Result>[];

/**
 * Lets requests that arrive in the same turn of the event loop, or while PostgreSQL is busy, share a statement and its
 * commit. Each is answered after the commit; none waits for what only another one needs, or fails because of it: what
 * a shared statement leaves undone is done patiently, by statements for one key each.
 */
export class Coalescer<Item extends object, Result> {
  private waiting: Waiting<Result>[] = [];
  private underWay: Batch<Result>[] = [];
  private readonly keysUnderWay = new Set<unknown>();
  /** How many have come since the last start. */
  private arrived = 0;
  private isScheduled = false;
  /** Whether the last statement was for one request: the next one will hardly have company, and does not wait for it. */
  private wasAlone = false;

  /** `kind` is the name of the statement for who measures and traces. */
  constructor(
    private readonly kind: string,
    private readonly statement: SharedStatement<Result>,
    private readonly traits: Traits<Item> = {},
  ) {}

  /** What belongs to a transaction is done by itself, there. */
  run(item: Item, transaction?: Prisma.TransactionClient): Promise<Result> {
    if (transaction) return this.runAlone(item, transaction);
    return new Promise((resolve, reject) => {
      const context = tracing.by?.context();
      const row = JSON.stringify(item);
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

  private async runAlone(item: Item, transaction: Prisma.TransactionClient): Promise<Result> {
    const [result] = await this.statement([JSON.stringify(item)], true, transaction);
    if (result === undefined) throw new Error('A patient statement left its row.');
    return result;
  }

  private start(): void {
    this.arrived = 0;
    this.dismiss(tooLate);
    while (this.mayStart()) {
      const batch = this.nextBatch();
      if (batch.length === 0) return;
      this.wasAlone = batch.length === 1;
      this.underWay.push(batch);
      void this.executeHastily(batch).then((undone) => {
        this.underWay = this.underWay.filter((each) => each !== batch);
        for (const { key } of batch) this.keysUnderWay.delete(key);
        for (const group of byKey(undone)) void this.finish(group);
        this.start();
      });
    }
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
      const isFull = batch.length === mostRows || characters + each.row.length > MAX_CHARACTERS;
      if (!this.mayGo(each) || once.has(each.once) || (batch[0] && (isFull || !mayShare(batch[0], each)))) return true;
      if (each.once !== undefined) once.add(each.once);
      characters += each.row.length;
      batch.push(each);
      return false;
    });
    for (const { key } of batch) this.keysUnderWay.add(key);
    return batch;
  }

  private mayGo(each: Waiting<Result>): boolean {
    if (this.keysUnderWay.has(each.key)) return false;
    if (each.party !== undefined && this.underWay.some(([first]) => first?.party === each.party)) return false;
    return !isLarge(each) || this.underWay.filter(([first]) => first && isLarge(first)).length < MAX_LARGE;
  }

  private async executeHastily(batch: Batch<Result>): Promise<Batch<Result>> {
    const { party } = batch[0]!;
    return party === undefined ? this.execute(batch, false) : this.executeInTurn(forCommits, party, batch, false);
  }

  /** Does patiently what was left undone for one key. */
  private async finish(group: Batch<Result>): Promise<void> {
    const { key } = group[0]!;
    const turns = this.traits.reads ? forLargePages : forLocks;
    this.keysUnderWay.add(key);
    await this.executeInTurn(turns, key, group, true);
    this.keysUnderWay.delete(key);
    this.start();
  }

  /** Waits for a turn as long as the last of them may, and does it for those who may still wait then. */
  private executeInTurn(
    turns: Turns,
    subject: unknown,
    batch: Batch<Result>,
    patient: boolean,
  ): Promise<Batch<Result>> {
    return turns
      .take(subject, () => this.execute(inTime(batch), patient), batch.at(-1)!.since)
      .catch((error: unknown) => refuse(batch, error));
  }

  /** Runs the statement, answers who can be answered, and gives back whom it left. A patient one leaves nobody. */
  private async execute(batch: Batch<Result>, patient: boolean): Promise<Batch<Result>> {
    if (batch.length === 0) return batch;
    let results: readonly (Result | undefined)[] = [];
    try {
      const rows = batch.map(({ row }) => row);
      results = await this.seen(batch, () => this.statement(rows, patient));
      if (patient && results.includes(undefined)) throw new Error('A patient statement left a row.');
    } catch (error) {
      if (isDatabaseAway(error) || isOutcomeUnknown(error)) this.dismiss(() => notSent(error));
      else if (batch.length > 1 && (this.traits.reads || isRefused(error))) return this.executeHalves(batch, patient);
      return refuse(batch, error);
    }
    for (const [index, { resolve }] of batch.entries()) {
      const result = results[index];
      if (result !== undefined) resolve(result);
    }
    return batch.filter((_, index) => results[index] === undefined);
  }

  /** Nothing was done, because of one of them: of 64, it is found by twelve more statements. */
  private async executeHalves(batch: Batch<Result>, patient: boolean): Promise<Batch<Result>> {
    const middle = batch.length >> 1;
    const undone = await this.execute(inTime(batch.slice(0, middle)), patient);
    return [...undone, ...(await this.execute(inTime(batch.slice(middle)), patient))];
  }

  /** Runs a statement before the eyes of who measures and traces. */
  private seen<T>(batch: Batch<Result>, run: () => Promise<T>): Promise<T> {
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

  /** Refuses who has waited too long. They wait in order. */
  private dismiss(reason: () => unknown): void {
    while (this.waiting[0] && isTooLate(this.waiting[0])) this.waiting.shift()!.reject(reason());
  }
}

const isTooLate = ({ since }: Waiting<never>): boolean => performance.now() - since >= PATIENCE_MS;

const tooLate = (): Error => unavailable('Other requests came first.');

/** Those who may still wait; the others are refused. */
const inTime = <Result>(batch: Batch<Result>): Batch<Result> =>
  batch.filter((each) => {
    const isLate = isTooLate(each);
    if (isLate) each.reject(tooLate());
    return !isLate;
  });

function refuse(batch: Batch<never>, error: unknown): readonly [] {
  for (const { reject } of batch) reject(error);
  return [];
}

type Row = Pick<Waiting<unknown>, 'row' | 'party'>;

const isLarge = ({ row }: Row): boolean => row.length > LARGE_ROW;

const mayShare = (one: Row, other: Row): boolean => one.party === other.party && !isLarge(one) && !isLarge(other);

function byKey<T extends { readonly key: unknown }>(items: readonly T[]): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) groups.set(item.key, [...(groups.get(item.key) ?? []), item]);
  return [...groups.values()];
}
