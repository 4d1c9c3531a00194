import type { Context } from '@opentelemetry/api';
import { unavailable } from '../errors/catalogue.js';
import { isDatabaseAway, isOutcomeUnknown, isRefused } from '../errors/database-error.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Row, Rows } from './rows.js';
import { counters, tracing } from './shared-statements.js';
import { isTooLate, Turns } from './turns.js';

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

/** A request that waits for its result. */
export interface Waiting<Result> {
  readonly row: Row;
  /** What it may lock. */
  readonly key: unknown;
  /** Whose commits it may wait for, if for any. */
  readonly party: unknown;
  /** When it came, in milliseconds of the clock. */
  readonly since: number;
  readonly context: Context | undefined;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** Those who share a statement. */
export type Batch<Result> = readonly Waiting<Result>[];

/** Runs the statements of a kind, and answers whom they are for: none fails because of another one. */
export class SharedExecution<Result> {
  /** What `reads` may be repeated after any error. `onFailure` is told when the database is away or did not answer. */
  constructor(
    private readonly kind: string,
    private readonly statement: SharedStatement<Result>,
    private readonly reads: boolean,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  async inTransaction(row: Row, transaction: Prisma.TransactionClient): Promise<Result> {
    const [result] = await this.statement([row], true, transaction);
    if (result === undefined) throw new Error('A patient statement left a row.');
    return result;
  }

  /** Gives back whom it left. Those of a party may wait for one another's commits, and take turns for that. */
  async hastily(batch: Batch<Result>): Promise<Batch<Result>> {
    const { party } = batch[0]!;
    return party === undefined ? this.execute(batch, false) : this.executeInTurn(forCommits, party, batch, false);
  }

  /** For those who were left, of one key. */
  async patiently(batch: Batch<Result>): Promise<void> {
    await this.executeInTurn(this.reads ? forLargePages : forLocks, batch[0]!.key, batch, true);
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

  private async execute(batch: Batch<Result>, patient: boolean): Promise<Batch<Result>> {
    if (batch.length === 0) return batch;
    let results: readonly (Result | undefined)[] = [];
    try {
      const rows = batch.map(({ row }) => row);
      results = await this.seen(batch, () => this.statement(rows, patient));
      if (patient && results.includes(undefined)) throw new Error('A patient statement left a row.');
    } catch (error) {
      if (isDatabaseAway(error) || isOutcomeUnknown(error)) this.onFailure(error);
      else if (batch.length > 1 && (this.reads || isRefused(error))) return this.executeHalves(batch, patient);
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
}

export const tooLate = (): Error => unavailable('Other requests came first.');

/** Those who may still wait; the others are refused. */
const inTime = <Result>(batch: Batch<Result>): Batch<Result> =>
  batch.filter((each) => {
    const isLate = isTooLate(each.since);
    if (isLate) each.reject(tooLate());
    return !isLate;
  });

function refuse(batch: Batch<never>, error: unknown): readonly [] {
  for (const { reject } of batch) reject(error);
  return [];
}
