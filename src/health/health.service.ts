import { Injectable } from '@nestjs/common';
import { unavailable } from '../errors/catalogue.js';
import { unavailability } from '../errors/database-error.js';
import { migrationNames } from '../prisma/migrations.js';
import { HealthRepository } from './health.repository.js';

@Injectable()
export class HealthService {
  constructor(private readonly health: HealthRepository) {}

  /** Refuses, with the reason, while the server cannot serve. */
  async requireReady(): Promise<void> {
    const missing = await this.missingMigrations().catch(refuse);
    if (missing.length > 0) throw unavailable(`Migrations have not been applied: ${missing.join(', ')}.`);
    // Until then every key is a wrong one.
    if (!(await this.health.isInstalled().catch(refuse))) throw unavailable('It is starting for the first time.');
  }

  /** The names of the migrations that the database lacks. Throws when it cannot be reached. */
  async missingMigrations(): Promise<string[]> {
    const applied = await this.health.appliedMigrations();
    return (await migrationNames()).filter((name) => !applied.includes(name));
  }
}

function refuse(error: unknown): never {
  throw unavailable(unavailability(error));
}
