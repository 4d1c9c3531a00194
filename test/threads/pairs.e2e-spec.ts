import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrationNames } from '../../src/prisma/migrations.js';
import { startApp, type TestApp } from '../support/app.js';
import { aThread, ok } from '../support/build.js';
import { createDatabase } from '../support/database.js';
import { wrongPairs } from '../support/stored-pairs.js';

const MIGRATIONS = 'prisma/migrations';
const OF_PAIRS = '0007_thread_pairs';

const INSERT = 'INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)';

/** Threads as anybody may write them who is not this version of the server. */
const insertOf = (project: string): string => `
  ${INSERT} SELECT '${project}', 'thread_' || i, now() - make_interval(secs => i),
    jsonb_build_object('n', i::text, 'parity', CASE i % 2 WHEN 0 THEN 'even' ELSE 'odd' END), '{}', 0
  FROM generate_series(1, 10) AS i`;

// What breaks it: a trigger that is missing, or that leaves behind what a change takes away.
describe('the pairs of threads', () => {
  let app: TestApp;
  let project: string;

  beforeAll(async () => {
    app = await startApp();
    const [row] = await app.database.query<{ id: string }>('SELECT id FROM projects');
    project = row!.id;
  });

  afterAll(() => app.close());

  const idsOf = async (query: string): Promise<string[]> =>
    ok(await app.a.get(`/v1/threads?${query}`)).data.map(({ id }: { id: string }) => id);

  const stored = async (id: string): Promise<number> =>
    (await app.database.query('SELECT FROM thread_pairs WHERE id = $1', [id])).length;

  it('are those of a thread that is created, modified, patched and deleted', async () => {
    const { id } = await aThread(app.a, { metadata: { kept: 'a', changed: 'b', removed: 'c' } });
    const counts = [await stored(id)];
    await app.a.post(`/v1/threads/${id}`, { metadata: { changed: 'new', added: 'd' } });
    counts.push(await stored(id));
    expect(await wrongPairs(app.database)).toEqual([]);
    await app.a.patch(`/v1/threads/${id}`, { metadata: { removed: null } });
    counts.push(await stored(id));
    expect(await wrongPairs(app.database)).toEqual([]);
    await app.a.patch(`/v1/threads/${id}`, { metadata: null });
    counts.push(await stored(id));
    await app.a.post(`/v1/threads/${id}`, { metadata: { kept: 'again' } });
    counts.push(await stored(id));
    expect(await wrongPairs(app.database)).toEqual([]);
    await app.a.delete(`/v1/threads/${id}`);
    counts.push(await stored(id));

    expect(counts).toEqual([3, 4, 3, 0, 1, 0]);
  });

  it.each([
    ['a thread that is changed many at a time', `UPDATE threads SET metadata = metadata || '{"parity": "none"}'`],
    ['a time that is corrected', "UPDATE threads SET created_at = created_at - interval '1 hour'"],
    ['both', `UPDATE threads SET created_at = now() - interval '1 day', metadata = metadata - 'n'`],
    ['threads that are deleted', "DELETE FROM threads WHERE id IN ('thread_3', 'thread_4')"],
    ['nothing that is changed', 'UPDATE threads SET metadata = metadata, version = version + 1'],
  ])('are right after SQL of others: %s', async (_, sql) => {
    await app.database.query(insertOf(project));
    expect(await wrongPairs(app.database)).toEqual([]);
    expect(await idsOf('metadata[n]=7')).toEqual(['thread_7']);

    await app.database.query(sql);

    expect(await wrongPairs(app.database)).toEqual([]);
    await app.database.query(`DELETE FROM threads WHERE id ~ '^thread_[0-9]+$'`);
    expect(await app.database.query('SELECT FROM thread_pairs')).toEqual([]);
  });

  it('take the place of what a restored dump has of them already', async () => {
    await app.database.query(
      `INSERT INTO thread_pairs SELECT $1, thread_pair('restored', 'yes'), '2026-01-01', 'thread_restored'`,
      [project],
    );

    // As pg_restore does.
    await app.database.query(`
      SET search_path = '';
      ${INSERT.replace('threads', 'public.threads')}
        VALUES ('${project}', 'thread_restored', '2026-01-01', '{"restored": "yes"}', '{}', 0);
      RESET search_path`);

    expect(await idsOf('metadata[restored]=yes')).toEqual(['thread_restored']);
    expect(await wrongPairs(app.database)).toEqual([]);
  });

  it.each([
    ['a and bc, ab and c', { a: 'bc' }, { ab: 'c' }],
    ['a key that begins like a length', { '1': ':ab' }, { '1:': 'ab' }],
    ['an empty key', { '': 'x' }, { x: '' }],
    ['characters of four bytes', { '😀': '😀😀' }, { '😀😀': '😀' }],
    ['the longest of them', { ['😀'.repeat(64)]: '😀'.repeat(512) }, { ['😀'.repeat(64)]: '😀'.repeat(511) }],
  ])('are told from each other: %s', async (_, one, other) => {
    const threads = [await aThread(app.a, { metadata: one }), await aThread(app.a, { metadata: other })];

    for (const [index, metadata] of [one, other].entries()) {
      const [[key, value]] = Object.entries(metadata) as [[string, string]];
      const query = `metadata[${encodeURIComponent(key)}]=${encodeURIComponent(value)}`;
      expect(await idsOf(query)).toEqual([threads[index].id]);
    }
  });
});

describe('the migration that makes the pairs', () => {
  it('makes those of the threads that are there', async () => {
    const database = await createDatabase({ empty: true });
    const owner = new Client({ connectionString: database.ownerUrl });
    await owner.connect();
    try {
      const apply = async (name: string) =>
        owner.query(await readFile(join(MIGRATIONS, name, 'migration.sql'), 'utf8'));
      for (const name of await migrationNames()) if (name < OF_PAIRS) await apply(name);
      await owner.query("INSERT INTO projects (id, name, residency, created_at) VALUES ('proj_1', 'one', 'us', now())");
      await owner.query(insertOf('proj_1'));

      await apply(OF_PAIRS);

      expect(await database.query('SELECT FROM thread_pairs')).toHaveLength(20);
      expect(await wrongPairs(database)).toEqual([]);
    } finally {
      await owner.end();
      await database.drop();
    }
  });
});
