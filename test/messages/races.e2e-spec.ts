import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noMessage, noThread, ok } from '../support/build.js';
import type { Answer } from '../support/client.js';

type Body = Answer['body'];

const WRITERS = 64;

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

const idsOf = ({ data }: Body): string[] => data.map(({ id }: Body) => id);

describe('While others write', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  const threadOf = async (count: number): Promise<Body> => {
    const messages = Array.from({ length: count }, (_, i) => ({ role: 'user', content: `message ${i}` }));
    return aThread(app.a, { messages });
  };

  // Breaks when the thread and its messages are stored by two statements.
  it('a thread is seen with all its first messages, or not at all', async () => {
    const seen = new Map<string, number>();
    const writers = { areDone: false };
    const read = async (): Promise<void> => {
      while (!writers.areDone) {
        for (const id of idsOf(ok(await app.a.get('/v1/threads?limit=8')))) {
          const { data } = ok(await app.a.get(`/v1/threads/${id}/messages?limit=100`));
          seen.set(id, Math.min(data.length, seen.get(id) ?? Infinity));
        }
      }
    };

    const readers = times(4, read);
    await times(8, async () => {
      for (let i = 0; i < 10; i++) await threadOf(32);
    });
    writers.areDone = true;
    await readers;

    expect([...seen.values()].filter((count) => count !== 32)).toEqual([]);
    expect(seen.size).toBeGreaterThan(8);
  });

  // Breaks, in most runs, when statements for one thread wait in connections, and not for their turn.
  it('nobody waits for one who waits for him', async () => {
    for (let round = 0; round < 120; round++) {
      const { id } = await aThread(app.a);
      const path = `/v1/threads/${id}`;
      const message = `${path}/messages/${(await aMessage(app.a, id)).id}`;
      const appends = times(6, () => app.a.post(`${path}/messages`, { role: 'user', content: 'Hello' }));
      const deletes = times(2, () => app.a.delete(message));
      await Promise.all([appends, deletes, app.a.post(path, { metadata: { a: 'b' } }), app.a.delete(path)]);
    }

    const deadlocks = await app.database.query(
      'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()',
    );
    expect(deadlocks).toEqual([{ deadlocks: 0 }]);
  });

  // Breaks when positions are not handed out under the lock of the thread: a later one may then be seen first.
  it(`every reader who follows sees each message of ${WRITERS} writers once, in one order, at any size of page`, async () => {
    const thread = await aThread(app.a);
    const path = `/v1/threads/${thread.id}/messages`;
    const writers = { areDone: false };
    const follow = async (limit: number): Promise<string[]> => {
      const followed: string[] = [];
      for (let isBehind = true; !writers.areDone || isBehind;) {
        // Asked before it looks: what is written before the writers end is there by then.
        const isLast = writers.areDone;
        const after = followed.length > 0 ? `&after=${followed.at(-1)}` : '';
        const page = ok(await app.a.get(`${path}?order=asc&limit=${limit}${after}`));
        followed.push(...idsOf(page));
        isBehind = page.has_more || !isLast;
      }
      return followed;
    };

    const followers = Promise.all([1, 7, 100, 100, 100, 100].map(follow));
    const acknowledged = await times(WRITERS, async () => {
      const own: string[] = [];
      for (let i = 0; i < 5; i++) own.push((await aMessage(app.a, thread.id)).id);
      return own;
    });
    writers.areDone = true;

    const orders = await followers;
    expect(orders).toEqual(orders.map(() => orders[0]));
    expect(orders[0]?.toSorted()).toEqual(acknowledged.flat().toSorted());
    const places = new Map(orders[0]?.map((id, place) => [id, place]));
    const outOfOrder = acknowledged.filter((own) => own.some((id, i) => places.get(id)! < places.get(own[i - 1]!)!));
    expect(outOfOrder).toEqual([]);
  });

  it.each([1, 3, 100])(
    'a reader from the newest to the oldest misses and repeats nothing, %d a page',
    async (limit) => {
      const thread = await threadOf(30);
      const path = `/v1/threads/${thread.id}/messages`;
      const first = idsOf(ok(await app.a.get(`${path}?limit=100`)));

      const writing = times(16, async () => {
        for (let i = 0; i < 4; i++) await aMessage(app.a, thread.id);
      });
      const read: string[] = [];
      for (let hasMore = true; hasMore;) {
        const page = ok(await app.a.get(`${path}?limit=${limit}${read.length > 0 ? `&after=${read.at(-1)}` : ''}`));
        read.push(...idsOf(page));
        hasMore = page.has_more;
      }
      await writing;

      expect(new Set(read).size).toBe(read.length);
      expect(read.slice(-30)).toEqual(first);
    },
  );

  // Breaks without tombstones, and when a delete and its tombstone are two statements.
  it('a page goes on from its cursor while that is deleted', async () => {
    for (let round = 0; round < 10; round++) {
      const thread = await threadOf(6);
      const path = `/v1/threads/${thread.id}/messages`;
      const ids = idsOf(ok(await app.a.get(`${path}?order=asc`)));
      const cursor = ids[2]!;

      const [deleted, ...pages] = await Promise.all([
        app.a.delete(`${path}/${cursor}`),
        ...Array.from({ length: 6 }, () => app.a.get(`${path}?order=asc&limit=2&after=${cursor}`)),
      ]);

      expect(deleted.status).toBe(200);
      expect(pages.map((page) => idsOf(ok(page)))).toEqual(pages.map(() => ids.slice(3, 5)));
    }
  });

  it('what is being deleted is seen whole or not at all, and not once it is deleted', async () => {
    for (let round = 0; round < 10; round++) {
      const thread = await threadOf(1);
      const path = `/v1/threads/${thread.id}`;
      const [message] = ok(await app.a.get(`${path}/messages`)).data;
      const messagePath = `${path}/messages/${message.id}`;

      for (const [url, whole, gone] of [
        [messagePath, message, noMessage(message.id)],
        [path, thread, noThread(thread.id)],
      ]) {
        const reads = times(6, () => app.a.get(url));
        const deletes = times(2, () => app.a.delete(url));
        const statuses = (await deletes).map(({ status }) => status);
        const later = await app.a.get(url);

        expect(statuses.toSorted((x, y) => x - y)).toEqual([200, 404]);
        expect((await reads).filter(({ status }) => status !== 200 && status !== 404)).toEqual([]);
        expect((await reads).filter(({ status }) => status === 200).map(({ body }) => body)).toEqual(
          (await reads).filter(({ status }) => status === 200).map(() => whole),
        );
        expect([later.status, later.body]).toEqual([404, gone]);
      }
    }
  });
});
