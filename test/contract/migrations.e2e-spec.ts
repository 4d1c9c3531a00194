import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client } from 'pg';
import { migrationNames, schemaSql } from '../../src/prisma/migrations.js';
import { createDatabase, type TestDatabase } from '../support/database.js';

let migrated: TestDatabase;
let fromSchema: TestDatabase;

beforeAll(async () => {
  migrated = await createDatabase();
  fromSchema = await createDatabase({ empty: true });
  const owner = new Client({ connectionString: fromSchema.ownerUrl });
  await owner.connect();
  try {
    await owner.query(await schemaSql(fromSchema.ownerUrl));
  } finally {
    await owner.end();
  }
});

afterAll(async () => {
  await migrated.drop();
  await fromSchema.drop();
});

/** Prisma's own table is made by the migrations, and is not part of the schema. */
const OURS = (table: string): string => `${table} <> '_prisma_migrations'`;

const TABLES = `
  SELECT table_name FROM information_schema.tables
  WHERE table_schema = 'public' AND ${OURS('table_name')} ORDER BY 1`;

const COLUMNS = `
  SELECT c.relname AS table, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
    a.attnotnull AS not_null, pg_get_expr(d.adbin, d.adrelid) AS default
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
  LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
  WHERE a.attnum > 0 AND NOT a.attisdropped AND ${OURS('c.relname')} ORDER BY 1, 2`;

const INDEXES = `
  SELECT indexname, indexdef FROM pg_indexes
  WHERE schemaname = 'public' AND ${OURS('tablename')} ORDER BY 1`;

const CONSTRAINTS = `
  SELECT conrelid::regclass::text AS table, conname, pg_get_constraintdef(oid) AS definition
  FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace AND ${OURS('conrelid::regclass::text')} ORDER BY 1, 2`;

/** Prisma has no words for what keeps `thread_pairs`. */
const ONLY_IN_MIGRATIONS = [
  { kind: 'function', name: 'index_changed_thread' },
  { kind: 'function', name: 'index_new_threads' },
  { kind: 'function', name: 'thread_pair' },
  { kind: 'trigger', name: 'thread_pairs_delete' },
  { kind: 'trigger', name: 'thread_pairs_insert' },
  { kind: 'trigger', name: 'thread_pairs_update' },
];

const OTHERS = `
  SELECT 'type' AS kind, typname AS name FROM pg_type
    WHERE typnamespace = 'public'::regnamespace AND typtype IN ('d', 'e')
  UNION ALL SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
  UNION ALL SELECT 'relation', relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('S', 'v', 'm', 'f')
  ORDER BY 1, 2`;

describe('the migrations', () => {
  it.each([
    ['tables', TABLES],
    ['columns', COLUMNS],
    ['indexes', INDEXES],
    ['constraints', CONSTRAINTS],
  ])('make the %s of prisma/schema.prisma', async (_, query) => {
    const expected = await fromSchema.query(query);

    expect(await migrated.query(query)).toEqual(expected);
    expect(expected).not.toEqual([]);
  });

  it('make no types, triggers, functions or views, which the schema cannot express, but for those of pairs', async () => {
    expect(await fromSchema.query(OTHERS)).toEqual([]);
    expect(await migrated.query(OTHERS)).toEqual(ONLY_IN_MIGRATIONS);
  });

  it('are recorded, in their order', async () => {
    const applied = await migrated.query<{ migration_name: string }>(
      'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY started_at',
    );

    expect(applied.map(({ migration_name }) => migration_name)).toEqual(await migrationNames());
  });

  it('put the project first in the key of every table of tenants', async () => {
    const keys = await migrated.query<{ table: string; first: string }>(`
      SELECT c.conrelid::regclass::text AS table, a.attname AS first
      FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
      WHERE c.contype = 'p' AND c.connamespace = 'public'::regnamespace AND ${OURS('c.conrelid::regclass::text')}`);
    const ofTheInstallation = ['projects', 'admin_api_keys'];

    expect(keys.filter(({ table, first }) => first !== 'project_id' && !ofTheInstallation.includes(table))).toEqual([]);
  });
});
