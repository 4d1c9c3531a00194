import { setTimeout } from 'node:timers/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { InstallationService } from './administration/installation.service.js';
import { createApp } from './app.js';
import { bannerOf } from './banner.js';
import type { Config } from './config/config.js';
import { grpcAddressOf } from './config/grpc-address.js';
import type { Database } from './database.js';
import { isDatabaseAway, reasonOf } from './errors/database-error.js';
import { HealthService } from './health/health.service.js';
import { MetricsService } from './metrics/metrics.service.js';
import type { EmbeddedPostgres } from './postgres/embedded-postgres.js';
import { migrate } from './prisma/migrations.js';

const RETRY_MS = 500;

/** A server that listens, and the PostgreSQL that it started, if it did. */
export class Server {
  private constructor(
    private readonly config: Config,
    private readonly app: NestFastifyApplication,
    private readonly isEmbedded: boolean,
    private readonly postgres: EmbeddedPostgres | undefined,
  ) {}

  get metrics(): MetricsService {
    return this.app.get(MetricsService);
  }

  /** Listens, with a database that it closes. */
  static async start({ config, postgres }: Database): Promise<Server> {
    try {
      return new Server(config, await listen(config), postgres !== undefined, postgres);
    } catch (error) {
      await postgres?.stop();
      throw error;
    }
  }

  /** Listens, with a database that someone else has opened and will close. */
  static async join(config: Config, isEmbedded: boolean): Promise<Server> {
    return new Server(config, await listen(config), isEmbedded, undefined);
  }

  /**
   * Migrates the database, makes what every installation has, and says where everything is. A database that is not
   * there yet, or that someone else migrates, is waited for; until then requests are refused with 503.
   */
  async prepare(): Promise<void> {
    for (let reason = ''; ; await setTimeout(RETRY_MS)) {
      try {
        if (this.config.migrates) await migrate(this.config.migrationUrl);
        else await this.requireMigrated();
        const firstKeys = await this.app.get(InstallationService).prepare();
        console.log(bannerOf(await this.app.getUrl(), this.config, this.isEmbedded, firstKeys));
        return;
      } catch (error) {
        if (!(isDatabaseAway(error) || error instanceof NotMigratedError)) {
          await this.stop();
          throw error;
        }
        if (reasonOf(error) !== reason) console.error(`Waiting for the database: ${(reason = reasonOf(error))}`);
      }
    }
  }

  /** Answers what is under way, refuses the rest, and stops the embedded PostgreSQL; gives up what takes too long. */
  async stop(): Promise<void> {
    await Promise.race([this.end(), setTimeout(this.config.shutdownTimeout * 1000)]);
  }

  private async end(): Promise<void> {
    await this.app.close();
    await this.postgres?.stop();
    if (this.config.isTraced) await (await import('./tracing/tracing.js')).stopTracing();
  }

  private async requireMigrated(): Promise<void> {
    const missing = await this.app.get(HealthService).missingMigrations();
    if (missing.length > 0) throw new NotMigratedError(missing);
  }
}

async function listen(config: Config): Promise<NestFastifyApplication> {
  const app = await createApp(config);
  await app.startAllMicroservices().catch((error: unknown) => {
    throw new Error(
      `GRPC_PORT: gRPC cannot be served at ${grpcAddressOf(config)} (${reasonOf(error)}). ` +
        'Choose another port, or 0 for none.',
    );
  });
  await app.listen(config.port, config.host);
  return app;
}

class NotMigratedError extends Error {
  constructor(missing: readonly string[]) {
    super(`someone has to apply the migrations ${missing.join(', ')}`);
  }
}
