import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Pool } from 'pg';
import { Config } from '../config/config.js';
import { type Prisma, PrismaClient } from '../generated/prisma/client.js';
import { DatabaseAdapter } from './adapter.js';
import type { Statement } from './rows.js';
import { newStatementNames } from './statement-names.js';

/** Milliseconds for a connection, as everywhere, and for 32 messages: the whole request took three seconds. */
const TRANSACTION = { maxWait: 3_000, timeout: 20_000 };

/** How Prisma's adapter is to take a value: as it is. */
const AS_IT_IS = { scalarType: 'unknown', arity: 'scalar' } as const;

/** The one client of the server. */
@Injectable()
export class PrismaService extends PrismaClient implements OnApplicationShutdown {
  private readonly driver: ReturnType<DatabaseAdapter['connect']>;

  constructor(config: Config, pool: Pool) {
    const adapter = new DatabaseAdapter(pool, {
      disposeExternalPool: true,
      statementNameGenerator: config.preparesStatements ? newStatementNames() : undefined,
    });
    super({ adapter });
    this.driver = adapter.connect();
  }

  /**
   * The rows of a statement that every other request runs: it goes to Prisma's driver as it is. Prisma's client would
   * take 110 µs more to hand it over. Values come as PostgreSQL writes them, so that a statement selects only numbers
   * of up to 53 bits, booleans and text, JSON as text too.
   */
  rows<Row extends object>(statement: Statement, transaction?: Prisma.TransactionClient): Promise<Row[]>;
  async rows({ text, values }: Statement, transaction?: Prisma.TransactionClient): Promise<object[]> {
    if (transaction) return transaction.$queryRawUnsafe(text, ...values);
    const driver = await this.driver;
    const argTypes = values.map(() => AS_IT_IS);
    const { columnNames, rows } = await driver.queryRaw({ sql: text, args: [...values], argTypes });
    return rows.map((row) => {
      const named: Record<string, unknown> = {};
      columnNames.forEach((name, index) => (named[name] = row[index]));
      return named;
    });
  }

  /** Does work in the transaction that is given, or else in one of its own. */
  within<Result>(
    transaction: Prisma.TransactionClient | undefined,
    work: (transaction: Prisma.TransactionClient) => Promise<Result>,
  ): Promise<Result> {
    return transaction ? work(transaction) : this.$transaction(work, TRANSACTION);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}
