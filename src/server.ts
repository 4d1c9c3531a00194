import { InstallationService } from './administration/installation.service.js';
import { createApp } from './app.js';
import { bannerOf } from './banner.js';
import type { Config } from './config/config.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './postgres/embedded-postgres.js';
import { migrate } from './prisma/migrations.js';

export interface Server {
  /** Answers what is under way, refuses the rest, and stops the embedded PostgreSQL. */
  stop(): Promise<void>;
}

/** Starts the server: its database, the migrations, HTTP; and prints where everything is. */
export async function startServer(given: Config): Promise<Server> {
  const postgres = given.databaseUrl ? undefined : await startEmbeddedPostgres(given.dataDir, given.databasePoolSize);
  try {
    return await startOn(postgres, given);
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
}

async function startOn(postgres: EmbeddedPostgres | undefined, given: Config): Promise<Server> {
  const config: Config = postgres ? { ...given, databaseUrl: postgres.url, migrationUrl: postgres.ownerUrl } : given;
  if (config.migrates) await migrate(config.migrationUrl);
  const app = await createApp(config);
  const firstKeys = await app.get(InstallationService).prepare();
  await app.listen(config.port, config.host);
  console.log(bannerOf(await app.getUrl(), given, firstKeys));
  return {
    stop: async () => {
      await app.close();
      await postgres?.stop();
    },
  };
}
