// One embedded PostgreSQL a run. Its database is migrated and then only copied: see database.ts.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../dist/postgres/embedded-postgres.js';
import { migrate } from '../../dist/prisma/migrations.js';

const POOL_SIZE = 200;

export default async function startPostgres() {
  const dataDir = await mkdtemp(join(tmpdir(), 'threadstore-test-'));
  const postgres = await startEmbeddedPostgres(dataDir, POOL_SIZE);
  await migrate(postgres.ownerUrl);
  const { url, ownerUrl, superuserUrl } = postgres;
  process.env.TEST_POSTGRES = JSON.stringify({ url, ownerUrl, superuserUrl });
  globalThis.testPostgres = { postgres, dataDir };
}
