import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noMessage, ok } from '../support/build.js';
import { expectedPage, type Page, type Query } from '../support/page.js';

/** Every limit, order and pair of cursors; a cursor may be absent. */
function everyQuery(ids: readonly string[], limits: readonly number[]): Query[] {
  const cursors = [undefined, ...ids];
  return limits.flatMap((limit) =>
    (['asc', 'desc'] as const).flatMap((order) =>
      cursors.flatMap((after) => cursors.map((before): Query => ({ limit, order, after, before }))),
    ),
  );
}

const bothRefuse = (cursor: string): object[] => {
  const refused = { status: 404, body: noMessage(cursor) };
  return [refused, refused];
};

describe('GET /v1/threads/{thread_id}/messages, page by page,', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  /** A thread with messages, their ids oldest first. */
  const threadOf = async (count: number): Promise<{ path: string; ids: string[] }> => {
    const thread = await aThread(app.a);
    const ids: string[] = [];
    while (ids.length < count) ids.push((await aMessage(app.a, thread.id)).id);
    return { path: `/v1/threads/${thread.id}/messages`, ids };
  };

  const page = async (path: string, query: Partial<Query>): Promise<Page> => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const parameters = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    const { object, data, ...rest } = ok(await app.a.get(`${path}?${parameters.toString()}`));
    expect(object).toBe('list');
    return { ids: data.map(({ id }: { id: string }) => id), ...rest };
  };

  it('lists what comes after a cursor, before one and between two', async () => {
    const { path, ids } = await threadOf(6);
    const [one, two, three, four, five, six] = ids;

    const after = await page(path, { order: 'asc', limit: 2, after: two });
    const before = await page(path, { order: 'asc', limit: 2, before: five });
    const newestBefore = await page(path, { limit: 2, before: two });
    const between = await page(path, { order: 'asc', limit: 2, after: one, before: six });

    expect(after).toEqual({ ids: [three, four], first_id: three, last_id: four, has_more: true });
    expect(before).toEqual({ ids: [three, four], first_id: three, last_id: four, has_more: true });
    expect(newestBefore).toEqual({ ids: [four, three], first_id: four, last_id: three, has_more: true });
    expect(between).toEqual({ ids: [two, three], first_id: two, last_id: three, has_more: true });
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])(
    'agrees with a list in memory on %i messages: every limit to 3, order and pair of cursors',
    async (count) => {
      const { path, ids } = await threadOf(count);

      for (const query of everyQuery(ids, [1, 2, 3])) {
        expect({ query, ...(await page(path, query)) }).toEqual({ query, ...expectedPage(ids, new Set(), query) });
      }
    },
  );

  it('agrees with a list in memory when cursors point at deleted messages', async () => {
    const { path, ids } = await threadOf(6);
    const deleted = new Set([ids[0]!, ids[2]!, ids[3]!, ids[5]!]);
    for (const id of deleted) ok(await app.a.delete(`${path}/${id}`));

    for (const query of everyQuery(ids, [1, 2])) {
      expect({ query, ...(await page(path, query)) }).toEqual({ query, ...expectedPage(ids, deleted, query) });
    }
  });

  it.each(['asc', 'desc'] as const)('visits every message once, %s, from last item to last item', async (order) => {
    const { path, ids } = await threadOf(7);

    const visited: string[] = [];
    for (let hasMore = true; hasMore;) {
      const next = await page(path, { order, limit: 3, after: visited.at(-1) });
      visited.push(...next.ids);
      hasMore = next.has_more;
    }

    expect(visited).toEqual(order === 'asc' ? ids : ids.toReversed());
  });

  it.each(['asc', 'desc'] as const)('visits every message, %s, while each is deleted once seen', async (order) => {
    const { path, ids } = await threadOf(5);

    const visited: string[] = [];
    for (let hasMore = true; hasMore;) {
      const next = await page(path, { order, limit: 2, after: visited.at(-1) });
      for (const id of next.ids) ok(await app.a.delete(`${path}/${id}`));
      visited.push(...next.ids);
      hasMore = next.has_more;
    }

    expect(visited).toEqual(order === 'asc' ? ids : ids.toReversed());
    expect((await page(path, {})).ids).toEqual([]);
  });

  it('finds what was added after a cursor, even when the cursor was the newest and is deleted', async () => {
    const { path, ids } = await threadOf(2);
    const [, newest] = ids;
    ok(await app.a.delete(`${path}/${newest}`));
    const added = ok(await app.a.post(path, { role: 'user', content: 'Later' })).id;

    const next = await page(path, { order: 'asc', after: newest });

    expect(next).toEqual({ ids: [added], first_id: added, last_id: added, has_more: false });
  });

  it('counts empty cursors as absent', async () => {
    const { path, ids } = await threadOf(3);

    expect(await page(path, { after: '', before: '' })).toEqual(await page(path, {}));
    expect((await page(path, { order: 'asc', limit: 1, after: '', before: ids[2] })).ids).toEqual([ids[1]]);
    expect((await page(path, { order: 'asc', after: ids[1], before: '' })).ids).toEqual([ids[2]]);
  });

  describe.each(['after', 'before'])('refuses with 404, in %s,', (parameter) => {
    /** The answers when the cursor is alone, and when the other one is a message of the thread. */
    const answersTo = async (cursor: string): Promise<object[]> => {
      const { path, ids } = await threadOf(1);
      const other = `${parameter === 'after' ? 'before' : 'after'}=${ids[0]}`;
      const answers = [
        await app.a.get(`${path}?${parameter}=${cursor}`),
        await app.a.get(`${path}?${other}&${parameter}=${cursor}`),
      ];
      return answers.map(({ status, body }) => ({ status, body }));
    };

    it.each(['msg_unknown', 'x', 'null', 'thread_abc123'])('the unknown id %s', async (id) => {
      expect(await answersTo(id)).toEqual(bothRefuse(id));
    });

    it('a message of another thread', async () => {
      const [id = ''] = (await threadOf(1)).ids;

      expect(await answersTo(id)).toEqual(bothRefuse(id));
    });

    it('a deleted message of another thread', async () => {
      const { path, ids } = await threadOf(1);
      const [id = ''] = ids;
      ok(await app.a.delete(`${path}/${id}`));

      expect(await answersTo(id)).toEqual(bothRefuse(id));
    });

    it('a message that went with its thread', async () => {
      const thread = await aThread(app.a);
      const { id } = await aMessage(app.a, thread.id);
      ok(await app.a.delete(`/v1/threads/${thread.id}`));

      expect(await answersTo(id)).toEqual(bothRefuse(id));
    });

    it("another project's message", async () => {
      const thread = await aThread(app.b);
      const { id } = await aMessage(app.b, thread.id);

      expect(await answersTo(id)).toEqual(bothRefuse(id));
    });
  });
});
