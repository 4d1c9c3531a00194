import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { clientOfNewProject, startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noThread, ok } from '../support/build.js';
import type { Answer, Client } from '../support/client.js';

type Thread = Answer['body'];

const listOf = (data: readonly Thread[], has_more = false): object => ({
  object: 'list',
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more,
});

const idsOf = (list: { data: Thread[] }): string[] => list.data.map(({ id }) => id);

const NOON = Date.UTC(2026, 0, 1, 12) / 1000;

describe('GET /v1/threads', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  const aProject = (): Promise<Client> => clientOfNewProject(app.admin, 'Project of a test');

  /** A thread that was created at a given second; parts of a second are kept, as for any thread. */
  async function aThreadOf(client: Client, seconds: number, body: object = {}): Promise<Thread> {
    const thread = await aThread(client, body);
    await app.database.query('UPDATE threads SET created_at = to_timestamp($1) WHERE id = $2', [seconds, thread.id]);
    return { ...thread, created_at: Math.floor(seconds) };
  }

  /** Threads of one project, one a second, oldest first. */
  const threadsOf = (client: Client, count: number): Promise<Thread[]> =>
    Promise.all(Array.from({ length: count }, (_, i) => aThreadOf(client, NOON + i, { metadata: { n: `${i}` } })));

  describe('gives', () => {
    it.each(['/v1/threads', '/threads'])('whole threads, newest first, under %s', async (path) => {
      const client = await aProject();
      const old = await aThreadOf(client, NOON, { metadata: { user: 'abc' } });
      const tool_resources = { code_interpreter: { file_ids: ['file-1'] } };
      const middle = await aThreadOf(client, NOON + 1, { tool_resources });
      const young = await aThreadOf(client, NOON + 2);
      await aMessage(client, old.id);

      const answer = await client.get(path);

      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(listOf([young, middle, old]));
      expect((await client.get(`${path}?order=desc`)).body).toEqual(answer.body);
      expect((await client.get(`${path}?order=asc`)).body).toEqual(listOf([old, middle, young]));
    });

    it('an empty list to a project without threads', async () => {
      const client = await aProject();

      expect((await client.get('/v1/threads')).body).toEqual(listOf([]));
    });

    it('20 threads unless asked for more or fewer', async () => {
      const client = await aProject();
      const newestFirst = (await threadsOf(client, 21)).toReversed();

      expect((await client.get('/v1/threads')).body).toEqual(listOf(newestFirst.slice(0, 20), true));
      expect((await client.get('/v1/threads?limit=1')).body).toEqual(listOf(newestFirst.slice(0, 1), true));
      expect((await client.get('/v1/threads?limit=21')).body).toEqual(listOf(newestFirst));
      expect((await client.get('/v1/threads?limit=100')).body).toEqual(listOf(newestFirst));
    });

    it("never another project's threads", async () => {
      const [mine, theirs] = [await aProject(), await aProject()];
      const metadata = { user: 'abc' };
      const own = await aThread(mine, { metadata });
      await aThread(theirs, { metadata });

      for (const query of ['', '?metadata[user]=abc', '?limit=100&order=asc', `?created_after=${NOON}`]) {
        expect((await mine.get(`/v1/threads${query}`)).body).toEqual(listOf([own]));
      }
    });

    it('what was modified as it is now, in its old place', async () => {
      const client = await aProject();
      const [old, young] = [await aThreadOf(client, NOON), await aThreadOf(client, NOON + 1)];

      ok(await client.post(`/v1/threads/${old.id}`, { metadata: { user: 'abc' } }));

      expect((await client.get('/v1/threads')).body).toEqual(listOf([young, { ...old, metadata: { user: 'abc' } }]));
    });
  });

  describe('pages', () => {
    const COUNT = 103;
    let client: Client;
    let times: Map<string, number>;
    let whole: Record<'asc' | 'desc', string[]>;

    beforeAll(async () => {
      client = await aProject();
      // Four threads share every second, and two of them the millisecond.
      const threads = await Promise.all(
        Array.from({ length: COUNT }, (_, i) => aThreadOf(client, NOON + Math.floor(i / 4) + (i % 4 < 2 ? 0.25 : 0.5))),
      );
      times = new Map(threads.map(({ id, created_at }) => [id, created_at]));
      const first = ok(await client.get('/v1/threads?order=asc&limit=100'));
      const rest = ok(await client.get(`/v1/threads?order=asc&limit=100&after=${first.last_id}`));
      const asc = [...idsOf(first), ...idsOf(rest)];
      whole = { asc, desc: asc.toReversed() };
    });

    it('each thread once, by the time of its creation', () => {
      expect(whole.asc).toHaveLength(COUNT);
      expect(new Set(whole.asc)).toEqual(new Set(times.keys()));
      expect(whole.asc.map((id) => times.get(id))).toEqual([...times.values()].toSorted((x, y) => x - y));
    });

    const page = async (query: string): Promise<[ids: string[], hasMore: boolean]> => {
      const { data, first_id, last_id, has_more, ...others } = ok(await client.get(`/v1/threads?${query}`));
      const ids = idsOf({ data });
      expect(others).toEqual({ object: 'list' });
      expect([first_id, last_id]).toEqual([ids[0] ?? null, ids.at(-1) ?? null]);
      return [ids, has_more];
    };

    describe.each(['asc', 'desc'] as const)('in the order %s', (order) => {
      it.each([1, 7, 50, 100])('forwards by %d, without a gap or a repetition', async (limit) => {
        for (let start = 0, after = ''; start < COUNT; start += limit) {
          const [ids, hasMore] = await page(`order=${order}&limit=${limit}&after=${after}`);
          expect(ids).toEqual(whole[order].slice(start, start + limit));
          expect(hasMore).toBe(start + limit < COUNT);
          after = ids.at(-1) ?? '';
        }
      });

      it.each([1, 7, 50, 100])('backwards by %d, each page in the order asked for', async (limit) => {
        for (let end = COUNT - 1; end > 0; end -= limit) {
          const [ids, hasMore] = await page(`order=${order}&limit=${limit}&before=${whole[order][end]}`);
          expect(ids).toEqual(whole[order].slice(Math.max(0, end - limit), end));
          expect(hasMore).toBe(end > limit);
        }
      });

      it.each([
        [0, 102, 100],
        [0, 101, 100],
        [10, 21, 10],
        [10, 22, 10],
        [40, 80, 7],
        [50, 51, 20],
        [50, 50, 20],
        [80, 40, 20],
      ])('after %d and before %d by %d: forwards in between', async (after, before, limit) => {
        const between = whole[order].slice(after + 1, before);

        const answer = await page(
          `order=${order}&limit=${limit}&after=${whole[order][after]}&before=${whole[order][before]}`,
        );

        expect(answer).toEqual([between.slice(0, limit), between.length > limit]);
      });

      it('after the last and before the first: nothing', async () => {
        expect(await page(`order=${order}&after=${whole[order].at(-1)}`)).toEqual([[], false]);
        expect(await page(`order=${order}&before=${whole[order][0]}`)).toEqual([[], false]);
      });
    });
  });

  describe('with a cursor', () => {
    it('goes on from a thread that was deleted', async () => {
      const client = await aProject();
      const [old, cursor, young] = await threadsOf(client, 3);
      ok(await client.delete(`/v1/threads/${cursor.id}`));

      expect((await client.get(`/v1/threads?after=${cursor.id}`)).body).toEqual(listOf([old]));
      expect((await client.get(`/v1/threads?before=${cursor.id}`)).body).toEqual(listOf([young]));
      expect((await client.get(`/v1/threads?after=${cursor.id}&order=asc`)).body).toEqual(listOf([young]));
    });

    it('reaches every thread while it deletes each page', async () => {
      const client = await aProject();
      const ids = (await threadsOf(client, 7)).map(({ id }) => id);
      const seen: string[] = [];

      for (let after = '', hasMore = true; hasMore;) {
        const list = ok(await client.get(`/v1/threads?order=asc&limit=2&after=${after}`));
        seen.push(...idsOf(list));
        for (const id of idsOf(list)) ok(await client.delete(`/v1/threads/${id}`));
        [after, hasMore] = [list.last_id, list.has_more];
      }

      expect(seen).toEqual(ids);
    });

    it('takes one that the filter leaves out', async () => {
      const client = await aProject();
      const old = await aThreadOf(client, NOON, { metadata: { user: 'abc' } });
      const cursor = await aThreadOf(client, NOON + 1, { metadata: { user: 'other' } });
      await aThreadOf(client, NOON + 2, { metadata: { user: 'abc' } });

      expect((await client.get(`/v1/threads?metadata[user]=abc&after=${cursor.id}`)).body).toEqual(listOf([old]));
    });

    it('takes an empty one for none', async () => {
      const client = await aProject();
      const threads = await threadsOf(client, 2);

      for (const query of ['after=', 'before=', 'after=&before=', 'after']) {
        expect((await client.get(`/v1/threads?${query}`)).body).toEqual(listOf(threads.toReversed()));
      }
    });

    it.each(['after', 'before'])('refuses as %s one that is unknown, or of another project', async (name) => {
      const [mine, theirs] = [await aProject(), await aProject()];
      const own = await aThread(mine);
      const foreign = await aThread(theirs);
      const foreignDeleted = await aThread(theirs);
      ok(await theirs.delete(`/v1/threads/${foreignDeleted.id}`));

      for (const id of ['thread_000000000000000000000000', 'undefined', foreign.id, foreignDeleted.id]) {
        const answer = await mine.get(`/v1/threads?${name}=${id}`);

        expect(answer.status).toBe(404);
        expect(answer.body).toEqual(noThread(id));
      }
      const other = name === 'after' ? 'before' : 'after';
      const answer = await mine.get(`/v1/threads?${other}=${own.id}&${name}=${foreign.id}`);
      expect(answer.body).toEqual(noThread(foreign.id));
    });
  });

  describe('narrowed by metadata', () => {
    it('gives the threads that have all the pairs, whatever else they have', async () => {
      const client = await aProject();
      const one = await aThreadOf(client, NOON, { metadata: { user: 'abc', plan: 'free', step: '1' } });
      const two = await aThreadOf(client, NOON + 1, { metadata: { user: 'abc', plan: 'paid' } });
      await aThreadOf(client, NOON + 2, { metadata: { plan: 'abc', user: 'free' } });
      await aThreadOf(client, NOON + 3);

      const list = async (query: string): Promise<object> => (await client.get(`/v1/threads?${query}`)).body;
      expect(await list('metadata[user]=abc')).toEqual(listOf([two, one]));
      expect(await list('metadata%5Buser%5D=abc')).toEqual(listOf([two, one]));
      expect(await list('metadata[user]=abc&order=asc&limit=1')).toEqual(listOf([one], true));
      expect(await list('metadata[user]=abc&metadata[plan]=free')).toEqual(listOf([one]));
      expect(await list('metadata%5Bplan%5D=paid&limit=5&metadata%5Buser%5D=abc')).toEqual(listOf([two]));
    });

    it.each(['user=ab', 'user=abcd', 'user=ABC', 'user=', 'User=abc', 'user=abc&metadata[plan]=free', '=abc'])(
      'gives nothing when no thread has metadata[%s]',
      async (pair) => {
        const client = await aProject();
        await aThread(client, { metadata: { user: 'abc' } });

        const [key, ...value] = pair.split('=');
        const answer = await client.get(`/v1/threads?metadata[${key}]=${value.join('=')}`);

        expect(answer.status).toBe(200);
        expect(answer.body).toEqual(listOf([]));
      },
    );

    it.each([
      ['user', 'a&b=c d+e%20\u00e9😀"\\{}[]'],
      ['empty', ''],
      ['', 'of an empty key'],
      ['ключ with spaces & more', 'x'],
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['a.b', 'c'],
      ['a[b]', 'd'],
      ['[', 'e'],
      [']', 'f'],
      ['k'.repeat(64), '😀'.repeat(512)],
    ])('finds the key %j', async (key, value) => {
      const client = await aProject();
      const metadata = JSON.parse(`{${JSON.stringify(key)}:${JSON.stringify(value)}}`);
      const { id } = await aThread(client, { metadata });
      await aThread(client);

      const name = encodeURIComponent(`metadata[${key}]`);
      const list = ok(await client.get(`/v1/threads?${name}=${encodeURIComponent(value)}`));

      expect(idsOf(list)).toEqual([id]);
    });

    it('pages through what matches only', async () => {
      const client = await aProject();
      const threads = await Promise.all(
        Array.from({ length: 9 }, (_, i) => aThreadOf(client, NOON + i, { metadata: { parity: `${i % 2}` } })),
      );
      const even = threads.filter((_, i) => i % 2 === 0);

      const first = await client.get('/v1/threads?metadata[parity]=0&order=asc&limit=3');
      const second = await client.get(`/v1/threads?metadata[parity]=0&order=asc&limit=3&after=${first.body.last_id}`);

      expect(first.body).toEqual(listOf(even.slice(0, 3), true));
      expect(second.body).toEqual(listOf(even.slice(3)));
    });
  });

  describe('narrowed by the time of creation', () => {
    it('leaves out the second that is named', async () => {
      const client = await aProject();
      const [one, two, three] = await Promise.all([NOON, NOON + 1.5, NOON + 2].map((time) => aThreadOf(client, time)));

      const list = async (query: string): Promise<object> => (await client.get(`/v1/threads?${query}`)).body;
      expect(await list(`created_after=${NOON - 1}`)).toEqual(listOf([three, two, one]));
      expect(await list(`created_after=${NOON}`)).toEqual(listOf([three, two]));
      expect(await list(`created_after=${NOON + 1}`)).toEqual(listOf([three]));
      expect(await list(`created_after=${NOON + 2}`)).toEqual(listOf([]));
      expect(await list(`created_before=${NOON}`)).toEqual(listOf([]));
      expect(await list(`created_before=${NOON + 1}`)).toEqual(listOf([one]));
      expect(await list(`created_before=${NOON + 2}`)).toEqual(listOf([two, one]));
      expect(await list(`created_before=${NOON + 3}`)).toEqual(listOf([three, two, one]));
      expect(await list(`created_after=${NOON}&created_before=${NOON + 2}`)).toEqual(listOf([two]));
      expect(await list(`created_after=${NOON + 1}&created_before=${NOON + 2}`)).toEqual(listOf([]));
    });

    it('takes the first and the last second there are', async () => {
      const client = await aProject();
      const thread = await aThread(client);

      const list = async (query: string): Promise<object> => (await client.get(`/v1/threads?${query}`)).body;
      expect(await list('created_after=0&created_before=253402300799')).toEqual(listOf([thread]));
      expect(await list('created_after=253402300799')).toEqual(listOf([]));
      expect(await list('created_before=0')).toEqual(listOf([]));
    });

    it('is combined with metadata and cursors', async () => {
      const client = await aProject();
      const metadata = { user: 'abc' };
      const [, two, three, four] = await Promise.all(
        [0, 1, 2, 3].map((i) => aThreadOf(client, NOON + i, i === 2 ? {} : { metadata })),
      );

      const query = `metadata[user]=abc&created_after=${NOON}`;
      expect((await client.get(`/v1/threads?${query}`)).body).toEqual(listOf([four, two]));
      expect((await client.get(`/v1/threads?${query}&after=${three.id}`)).body).toEqual(listOf([two]));
    });
  });

  it.each(['user=abc', 'Limit=1', 'run_id=run_1', 'limit_=0', '__proto__=1', 'constructor=1', '&&', '=', 'a[b]=1&a=2'])(
    'ignores what it does not know: %s',
    async (query) => {
      const client = await aProject();
      const threads = await threadsOf(client, 2);

      const answer = await client.get(`/v1/threads?${query}`);

      expect(answer.status).toBe(200);
      expect(answer.body).toEqual(listOf(threads.toReversed()));
    },
  );
});
