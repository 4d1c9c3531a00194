import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import { Client, Pool } from 'pg';
import { reasonOf } from '../errors/database-error.js';
import { forgetUnfinished, MigrationAdapter } from './migration-adapter.js';

/** Node has it; the types of ES2024 and of Node 20 do not. */
declare const WebAssembly: {
  instantiate(bytes: Buffer, imports: object): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

const MIGRATIONS = new URL('../../prisma/migrations/', import.meta.url);
const SCHEMA = new URL('../../prisma/schema.prisma', import.meta.url);
/** Where the engine's own trace begins in a message. */
const ENGINE_TRACE = '\n   0:';

const CONNECTION_TIMEOUT_MS = 3_000;

const FILTERS = { externalTables: [], externalEnums: [] };
const LOCK_FILE = 'migration_lock.toml';

/** Any number, the same in every server: whoever holds this lock migrates. */
const MIGRATION_LOCK = 7_307_198;

/** The names of all migrations that this version of the server needs, oldest first. */
export async function migrationNames(): Promise<string[]> {
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted();
}

/**
 * Applies what is missing, as `prisma migrate deploy` does and with the same records, but without its native engine,
 * which Prisma downloads. Servers that start at once take turns.
 */
export async function migrate(url: string): Promise<void> {
  const lock = new Client({
    connectionString: url,
    application_name: 'threadstore migration',
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
  });
  // The statement that is under way fails too, and tells.
  lock.on('error', () => undefined);
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    if (await isMigrated(lock)) return;
    await applyMigrations(url).catch((cause: unknown) => {
      const [reason = ''] = reasonOf(cause).split(ENGINE_TRACE);
      throw new Error(`The migrations cannot be applied. ${reason.trim()}`, { cause });
    });
  } finally {
    await lock.end();
  }
}

/** Asked first, since the engine stays in memory once it is loaded. */
async function isMigrated(client: Client): Promise<boolean> {
  const { rows: tables } = await client.query("SELECT FROM pg_tables WHERE tablename = '_prisma_migrations'");
  if (tables.length === 0) return false;
  const { rows } = await client.query(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
  );
  const applied = rows.map(({ migration_name }) => migration_name);
  return (await migrationNames()).every((name) => applied.includes(name));
}

async function applyMigrations(url: string): Promise<void> {
  await withEngine(url, async (engine, pool) => {
    await forgetUnfinished(pool);
    await engine.applyMigrations({
      migrationsList: {
        baseDir: 'prisma/migrations',
        lockfile: { path: LOCK_FILE, content: await readFile(new URL(LOCK_FILE, MIGRATIONS), 'utf8') },
        shadowDbInitScript: '',
        migrationDirectories: await Promise.all((await migrationNames()).map(readMigration)),
      },
      filters: FILTERS,
    });
  });
}

/** The SQL of prisma/schema.prisma, for an empty database. */
export async function schemaSql(url: string): Promise<string> {
  return withEngine(url, async (engine) => {
    const files = [{ path: 'prisma/schema.prisma', content: await readFile(SCHEMA, 'utf8') }];
    const to = { tag: 'schemaDatamodel' as const, files };
    const { stdout } = await engine.diff({
      from: { tag: 'empty' },
      to,
      script: true,
      exitCode: null,
      filters: FILTERS,
    });
    return stdout ?? '';
  });
}

async function readMigration(name: string): Promise<bindings.MigrationDirectory> {
  const value = await readFile(new URL(`${name}/migration.sql`, MIGRATIONS), 'utf8');
  return { path: name, migrationFile: { path: 'migration.sql', content: { tag: 'ok', value } } };
}

/** Runs Prisma's schema engine, compiled to WebAssembly and shipped in an npm package, on a database. */
async function withEngine<T>(url: string, use: (engine: bindings.SchemaEngine, pool: Pool) => Promise<T>): Promise<T> {
  await loadEngine();
  const pool = new Pool({ connectionString: url, application_name: 'threadstore migration' });
  const engine = await bindings.SchemaEngine.new(
    { datamodels: [['prisma/schema.prisma', await readFile(SCHEMA, 'utf8')]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new MigrationAdapter(pool)),
  );
  try {
    return await use(engine, pool);
  } finally {
    engine.free();
    await pool.end();
  }
}

let loading: Promise<void> | undefined;

/** A process can have one instance: the package keeps it in a variable of its own. */
function loadEngine(): Promise<void> {
  return (loading ??= (async () => {
    const wasm = createRequire(import.meta.url)
      .resolve('@prisma/schema-engine-wasm')
      .replace('schema_engine.js', 'schema_engine_bg.wasm');
    const { instance } = await WebAssembly.instantiate(await readFile(wasm), { './schema_engine_bg.js': bindings });
    bindings.__wbg_set_wasm(instance.exports);
    if (typeof instance.exports.__wbindgen_start === 'function') instance.exports.__wbindgen_start();
  })());
}
