import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { PrismaPg } from '@prisma/adapter-pg';
import { Pool } from 'pg';
import { Config } from '../config/config.js';
import { PrismaClient } from '../generated/prisma/client.js';

/** How long a request waits for a free connection, and a statement may run, before it is given up (503). */
const CONNECTION_TIMEOUT_MS = 3_000;
const STATEMENT_TIMEOUT_MS = 5_000;

/** Statements that are prepared once a connection, by their text. Their number is bounded: they stay in PostgreSQL's memory. */
const MAX_PREPARED = 200;

/** Which index serves a filter by metadata depends on its values, so that one is planned each time. */
const PLANNED_EACH_TIME = ' @> ';

/** What `pg` takes for no name. */
const NOT_PREPARED = '';

function newStatementNames(): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= MAX_PREPARED || sql.includes(PLANNED_EACH_TIME)) return NOT_PREPARED;
    const name = `threadstore_${names.size}`;
    names.set(sql, name);
    return name;
  };
}

/** The one client and the one connection pool of the server. */
@Injectable()
export class PrismaService extends PrismaClient implements OnApplicationShutdown {
  constructor(config: Config) {
    const pool = new Pool({
      connectionString: config.databaseUrl,
      max: config.databasePoolSize,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'threadstore',
    });
    super({ adapter: new PrismaPg(pool, { disposeExternalPool: true, statementNameGenerator: newStatementNames() }) });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.$disconnect();
  }
}
