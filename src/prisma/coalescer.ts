import { notSent } from '../errors/database-error.js';
import type { Prisma } from '../generated/prisma/client.js';
import { Queue, type Traits, WORTH_SHARING } from './queue.js';
import { rowOf } from './rows.js';
import { type Batch, SharedExecution, type SharedStatement, tooLate } from './shared-execution.js';
import { tracing } from './shared-statements.js';

/**
 * Lets requests that arrive in the same turn of the event loop, or while PostgreSQL is busy, share a statement and its
 * commit. Each is answered after the commit; none waits for what only another one needs, or fails because of it: what
 * a shared statement leaves undone is done patiently, by statements for one key each.
 */
export class Coalescer<Item extends object, Result> {
  private readonly queue: Queue<Result>;
  private readonly execution: SharedExecution<Result>;
  /** How many have come since the last start. */
  private arrived = 0;
  private isScheduled = false;
  /** Whether the last statement was for one request: the next one will hardly have company, and does not wait for it. */
  private wasAlone = false;

  /** `kind` is the name of the statement for who measures and traces. */
  constructor(
    kind: string,
    statement: SharedStatement<Result>,
    private readonly traits: Traits<Item> = {},
  ) {
    this.queue = new Queue(traits);
    const onFailure = (error: unknown): void => this.queue.dismiss(() => notSent(error));
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
      this.queue.push({ row, key, once, party, since: performance.now(), context, resolve, reject });
      // PostgreSQL is not to be idle until the server has read all requests that are there.
      const isWorthIt = ++this.arrived === WORTH_SHARING && !this.traits.reads;
      if (isWorthIt || (this.wasAlone && this.queue.isIdle)) this.start();
      else this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.start();
    });
  }

  private start(): void {
    this.arrived = 0;
    this.queue.dismiss(tooLate);
    for (let batch = this.queue.take(); batch.length > 0; batch = this.queue.take()) void this.execute(batch);
  }

  private async execute(batch: Batch<Result>): Promise<void> {
    this.wasAlone = batch.length === 1;
    const undone = await this.execution.hastily(batch);
    this.queue.end(batch);
    for (const group of byKey(undone)) void this.finish(group);
    this.start();
  }

  private async finish(group: Batch<Result>): Promise<void> {
    await this.queue.keepBusy(group[0]!.key, this.execution.patiently(group));
    this.start();
  }
}

function byKey<T extends { readonly key: unknown }>(items: readonly T[]): T[][] {
  const groups = new Map<unknown, T[]>();
  for (const item of items) groups.set(item.key, [...(groups.get(item.key) ?? []), item]);
  return [...groups.values()];
}
