import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { ok } from '../support/build.js';
import { fill } from '../support/large-store.js';

/** So many that neither the newest 1,000 nor the newest 5,000 show what the list ends with. */
const OLDER = [
  `INSERT INTO threads (project_id, id, created_at, metadata, tool_resources, last_position)
   SELECT p.id, 'thread_older_' || i, now() - interval '2 days' + make_interval(secs => i),
     CASE WHEN i <= 30 THEN '{"seen": "yes"}'::jsonb ELSE '{}' END, '{}', 0
   FROM generate_series(1, 3000) AS i, projects AS p WHERE p.name = 'Default project'`,
  `UPDATE threads SET metadata = metadata || '{"seen": "yes"}' WHERE id ~ '^thread_299.$'`,
];

// A filter has three ways to its page, by how many of the newest threads have the metadata: see thread-list.sql.ts.
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
