import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { ok } from '../support/build.js';
import { fill } from '../support/large-store.js';

/** Hundreds of the `rare` have nothing to do with the `split`, newest first, before hundreds that do. */
const OLDER = [
  `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
   SELECT p.id, 'thread_older_' || i, now() - interval '2 days' + make_interval(secs => i),
     jsonb_strip_nulls(jsonb_build_object('seen', CASE WHEN i <= 30 THEN 'yes' END,
       'rare', CASE WHEN i % 3 = 0 AND i <= 2400 THEN 'yes' END,
       'split', CASE WHEN i <= 700 OR i > 2400 THEN 'yes' END,
       'never', CASE WHEN i % 3 = 1 THEN 'yes' END,
       'even', CASE WHEN i % 2 = 0 THEN 'yes' END)), '{}', 0
   FROM generate_series(1, 3000) AS i, projects AS p WHERE p.name = 'Default project'`,
  `UPDATE threads SET metadata = metadata || '{"seen": "yes"}' WHERE id ~ '^thread_299.$'`,
];

// A filter by several pairs has two ways to its page, by how many of the next threads have them: see thread-pairs.sql.ts.
describe('GET /v1/threads?metadata in a project of thousands of threads', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
    await fill(app.database);
    for (const statement of OLDER) await app.database.query(statement);
  });

  afterAll(() => app.close());

  /** The ids of all pages, as a client comes to them. */
  async function idsOfPages(query: string): Promise<string[]> {
    const ids: string[] = [];
    for (let after = ''; ; after = `&after=${ids.at(-1)}`) {
      const page = ok(await app.a.get(`/v1/threads?${query}${after}`));
      ids.push(...page.data.map(({ id }: { id: string }) => id));
      if (!page.has_more) return ids;
    }
  }

  it.each([
    ['many have', { plan: 'pro' }, 1_500],
    ['some have, and most of the older', { solved: 'yes' }, 2_017],
    ['some have, and none for long', { seen: 'yes' }, 40],
    ['few have', { user: 'user-7' }, 10],
    ['only the oldest have', { archived: 'yes' }, 60],
    ['few of many have', { plan: 'pro', user: 'user-8' }, 10],
    ['many of many have', { plan: 'free', solved: 'yes' }, 1_000],
    ['few of the oldest of many have', { plan: 'pro', archived: 'yes' }, 30],
    ['the oldest of many have', { plan: 'pro', closed: 'yes' }, 500],
    ['many have both of, far from the first of either', { rare: 'yes', split: 'yes' }, 233],
    ['many have all three of', { rare: 'yes', split: 'yes', even: 'yes' }, 116],
    ['many have one of, and none has both', { rare: 'yes', never: 'yes' }, 0],
    ['none has', { user: 'nobody' }, 0],
  ])('gives each thread with what %s once, in order', async (_, metadata, count) => {
    const pairs = Object.entries(metadata).map(([key, value]) => `metadata[${key}]=${value}`);
    const stored = await app.database.query<{ id: string }>(
      `SELECT threads.id FROM threads JOIN projects AS p ON p.id = project_id
       WHERE p.name = 'Default project' AND metadata @> $1 ORDER BY threads.created_at DESC, threads.id DESC`,
      [metadata],
    );
    const ids = stored.map(({ id }) => id);
    expect(ids).toHaveLength(count);

    for (const limit of [20, 100]) {
      expect(await idsOfPages(`${pairs.join('&')}&limit=${limit}`)).toEqual(ids);
      expect(await idsOfPages(`${pairs.join('&')}&limit=${limit}&order=asc`)).toEqual(ids.toReversed());
    }
  });
});
