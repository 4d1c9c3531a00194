import { rm } from 'node:fs/promises';
import { breachesOf, loggedStatements, tenantTablesOf } from './sql-fence.js';

/** Ends the PostgreSQL of the run, and fails the run if one statement of it left the fence. */
export default async function stopPostgres() {
  const { postgres, dataDir } = globalThis.testPostgres;
  const tables = await tenantTablesOf(postgres.superuserUrl);
  const statements = await loggedStatements();
  const breaches = statements.flatMap((sql) => breachesOf(sql, tables).map((breach) => `${breach}:\n${sql}`));
  await postgres.stop();
  await rm(dataDir, { recursive: true });
  if (breaches.length > 0) throw new Error(`SQL that is not tied to a project:\n\n${breaches.join('\n\n')}`);
}
