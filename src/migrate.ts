import { readConfig } from './config/config.js';
import { reasonOf } from './errors/database-error.js';
import { migrate } from './prisma/migrations.js';

// Applies the migrations to the PostgreSQL of DATABASE_URL and ends: for servers that are started with MIGRATE=off.
try {
  const { migrationUrl } = readConfig(process.env);
  if (!migrationUrl) throw new Error('Set DATABASE_URL. The embedded PostgreSQL is migrated by the server itself.');
  await migrate(migrationUrl);
  console.log('All migrations are applied.');
  process.exit(0);
} catch (error) {
  console.error(reasonOf(error));
  process.exit(1);
}
