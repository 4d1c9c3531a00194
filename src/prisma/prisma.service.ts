import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Config } from '../config/config.js';
import { PrismaClient } from '../generated/prisma/client.js';
import { DatabaseAdapter } from './adapter.js';
import { openPool } from './connection-pool.js';
import { newStatementNames } from './statement-names.js';

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

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}
