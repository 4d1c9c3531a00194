import type { Config } from './config/config.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './postgres/embedded-postgres.js';

/** The settings with a database in them, and the PostgreSQL that was started to have one. */
export interface Database {
  readonly config: Config;
  readonly postgres: EmbeddedPostgres | undefined;
}

/** Starts the embedded PostgreSQL, unless there is a DATABASE_URL. What is done `meanwhile` need not wait for it. */
export async function openDatabase(given: Config, meanwhile: () => Promise<unknown>): Promise<Database> {
  if (given.databaseUrl) return { config: given, postgres: undefined };
  const postgres = await startEmbeddedPostgres(given.dataDir, given.databasePoolSize * given.workers, meanwhile);
  return { config: { ...given, databaseUrl: postgres.url, migrationUrl: postgres.ownerUrl }, postgres };
}
