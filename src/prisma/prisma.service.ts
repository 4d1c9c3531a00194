import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import { Config } from '../config/config.js';
import { type Prisma, PrismaClient } from '../generated/prisma/client.js';
import { DatabaseAdapter, outcomeOf } from './adapter.js';
import type { Statement } from './rows.js';
import { newStatementNames } from './statement-names.js';

/** In milliseconds: the pool waits less for a connection, and 32 messages took three seconds, the whole request. */
const TRANSACTION = { maxWait: 3_000, timeout: 20_000 };

/** The one client of the server. */
@Injectable()
export class PrismaService extends PrismaClient implements OnApplicationShutdown {
  private readonly nameOf: ((sql: string) => string) | undefined;

  constructor(
    config: Config,
    private readonly pool: Pool,
  ) {
    const nameOf = config.preparesStatements ? newStatementNames() : undefined;
    const statementNameGenerator = nameOf && (({ sql }: { readonly sql: string }) => nameOf(sql));
    super({ adapter: new DatabaseAdapter(pool, { disposeExternalPool: true, statementNameGenerator }) });
    this.nameOf = nameOf;
  }

  /**
   * The rows of a statement that every other request runs: it goes to the connections of Prisma's driver as it is.
   * Prisma's client would take 110 µs more to hand it over, and its driver remembers the values of the last hundred.
   * Values come as `pg` reads them, so that a statement selects only numbers of up to 53 bits, booleans and text, JSON
   * as text too.
   */
  async rows<Row extends object>(
    { text, values }: Statement,
    transaction?: Prisma.TransactionClient,
  ): Promise<readonly Row[]> {
    if (transaction) return transaction.$queryRawUnsafe(text, ...values);
    const query = { name: this.nameOf?.(text), text, values: [...values] };
    const { rows } = await outcomeOf(text, () => this.pool.query<Row>(query));
    return rows;
  }

  /** Does work in a transaction of its own. */
  inTransaction<Result>(work: (transaction: Prisma.TransactionClient) => Promise<Result>): Promise<Result> {
    return this.$transaction(work, TRANSACTION);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}
