// One embedded PostgreSQL a run. Its database is migrated and then only copied: see database.ts.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../dist/postgres/embedded-postgres.js';
import { migrate } from '../../dist/prisma/migrations.js';

const POOL_SIZE = 200;

export default async function startPostgres() {
  const dataDir = await mkdtemp(join(tmpdir(), 'threadstore-test-'));
  const postgres = await startEmbeddedPostgres(dataDir, POOL_SIZE);
  await migrate(postgres.ownerUrl);
  const { url, ownerUrl, superuserUrl } = postgres;
  await logStatements(superuserUrl);
  const log = join(dataDir, 'postgres', 'server.log');
  process.env.TEST_POSTGRES = JSON.stringify({ url, ownerUrl, superuserUrl, log });
  globalThis.testPostgres = { postgres, dataDir };
}

/** Makes PostgreSQL log what servers ask of it, without the values, for the fence in sql-fence.js. */
async function logStatements(superuserUrl) {
  const client = new Client({ connectionString: superuserUrl });
  await client.connect();
  for (const role of ['threadstore', 'threadstore_owner']) {
    await client.query(`ALTER ROLE ${role} SET log_statement = 'all'`);
    await client.query(`ALTER ROLE ${role} SET log_parameter_max_length = 0`);
  }
  await client.query(`ALTER SYSTEM SET log_line_prefix = '<%d|%a> '`);
  await client.query('SELECT pg_reload_conf()');
  await client.end();
}
