import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config.js';
import { type Prisma, PrismaClient } from '../generated/prisma/client.js';
import { DatabaseAdapter } from './adapter.js';
import { openPool } from './connection-pool.js';
import { newStatementNames } from './statement-names.js';

/** Milliseconds for a connection, as everywhere, and for 32 messages: the whole request took three seconds. */
const TRANSACTION = { maxWait: 3_000, timeout: 20_000 };

/** The one client of the server. */
@Injectable()
export class PrismaService extends PrismaClient implements OnApplicationShutdown {
  constructor(config: Config) {
    super({
      adapter: new DatabaseAdapter(openPool(config), {
        disposeExternalPool: true,
        statementNameGenerator: config.preparesStatements ? newStatementNames() : undefined,
      }),
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
