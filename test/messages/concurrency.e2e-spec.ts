import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { API_KEY, startApp, type TestApp } from '../support/app.js';
import { aMessage, aThread, noMessage, noThread, ok, refusal } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { Installation, STARTS_TIMEOUT_MS } from '../support/process.js';

const times = <T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)));

const textOf = (message: Answer['body']): string => message.content[0].text.value;

/** The answers that are neither a success nor this refusal. */
const unexpected = (answers: readonly Answer[], refused: object): object[] =>
  answers
    .filter(({ status, body }) => status !== 200 && !isDeepStrictEqual(body, refused))
    .map(({ status, body }) => ({ status, body }));

describe('Messages of one thread, at the same time,', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startApp();
  });

  afterAll(() => app.close());

  const rowsOf = (table: 'messages' | 'message_tombstones', threadId: string) =>
    app.database.query<{ id: string; position: number }>(
      `SELECT id, position FROM ${table} WHERE thread_id = $1 ORDER BY position`,
      [threadId],
    );

  /** Waits until so many statements of the server stand before a lock that the test, or another of them, holds. */
  const untilBlocked = async (count: number): Promise<void> => {
    for (let blocked = 0; blocked < count;) {
      const [row] = await app.database.query<{ blocked: number }>(
        `SELECT count(DISTINCT pid)::int AS blocked FROM pg_locks WHERE NOT granted AND pid IN (
           SELECT pid FROM pg_locks WHERE database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
      );
      blocked = row?.blocked ?? 0;
    }
  };

  const listOf = async (threadId: string): Promise<Answer['body'][]> =>
    ok(await app.a.get(`/v1/threads/${threadId}/messages?order=asc&limit=100`)).data;

  it('take 100 appends, and list them in a gapless order', async () => {
    const thread = await aThread(app.a);

    const created = await times(100, (i) => aMessage(app.a, thread.id, { content: `message ${i}` }));

    const rows = await rowsOf('messages', thread.id);
    expect(rows.map(({ position }) => position)).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    const list = await listOf(thread.id);
    expect(list.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(new Map(list.map((message) => [message.id, message]))).toEqual(
      new Map(created.map((message) => [message.id, message])),
    );
  });

  it('keep the order of each client that waits for its answers', async () => {
    const thread = await aThread(app.a);
    const clients = ['a', 'b', 'c', 'd', 'e'];

    await times(clients.length, async (client) => {
      for (let i = 0; i < 10; i++) await aMessage(app.a, thread.id, { content: `${clients[client]}${i}` });
    });

    const texts = (await listOf(thread.id)).map(textOf);
    for (const client of clients) {
      expect(texts.filter((text) => text.startsWith(client))).toEqual(
        Array.from({ length: 10 }, (_, i) => `${client}${i}`),
      );
    }
  });

  it('show all to a reader who follows while others append', async () => {
    const thread = await aThread(app.a);
    const seen: string[] = [];
    const readNext = async (): Promise<boolean> => {
      const cursor = seen.length > 0 ? `&after=${seen.at(-1)}` : '';
      const page = ok(await app.a.get(`/v1/threads/${thread.id}/messages?order=asc&limit=5${cursor}`));
      seen.push(...page.data.map(({ id }: { id: string }) => id));
      return page.has_more;
    };

    for (let round = 0; round < 20; round++) {
      await Promise.all([times(4, () => aMessage(app.a, thread.id)), readNext().then(readNext)]);
    }
    for (let hasMore = true; hasMore;) hasMore = await readNext();

    expect(seen).toEqual((await listOf(thread.id)).map(({ id }) => id));
    expect(seen).toHaveLength(80);
  });

  it.each(['post', 'patch'] as const)('lose no metadata that is merged by %s', async (method) => {
    const thread = await aThread(app.a);
    const message = await aMessage(app.a, thread.id);
    const path = `/v1/threads/${thread.id}/messages/${message.id}`;

    const answers = await times(16, (i) => app.a[method](path, { metadata: { [`key${i}`]: `value${i}` } }));

    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 16 }, () => 200));
    const metadata = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`key${i}`, `value${i}`]));
    expect(ok(await app.a.get(path))).toEqual({ ...message, metadata });
  });

  it('never have more than 16 pairs of metadata', async () => {
    const thread = await aThread(app.a);
    const message = await aMessage(app.a, thread.id);
    const path = `/v1/threads/${thread.id}/messages/${message.id}`;

    const answers = await times(30, (i) => app.a.post(path, { metadata: { [`key${i}`]: '' } }));

    const tooMany = refusal(
      "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, " +
        'but got an object with 17 properties instead.',
      'metadata',
      'object_above_max_properties',
    );
    expect(unexpected(answers, tooMany)).toEqual([]);
    const stored = Object.keys(ok(await app.a.get(path)).metadata);
    expect(stored).toHaveLength(16);
    const merged = answers.flatMap(({ status }, i) => (status === 200 ? [`key${i}`] : []));
    expect(new Set(stored)).toEqual(new Set(merged));
  });

  it('are deleted by exactly one of many deletes', async () => {
    const thread = await aThread(app.a);
    const message = await aMessage(app.a, thread.id);

    const answers = await times(20, () => app.a.delete(`/v1/threads/${thread.id}/messages/${message.id}`));

    expect(answers.filter(({ status }) => status === 200).map(({ body }) => body)).toEqual([
      { id: message.id, object: 'thread.message.deleted', deleted: true },
    ]);
    expect(unexpected(answers, noMessage(message.id))).toEqual([]);
    expect(await rowsOf('messages', thread.id)).toEqual([]);
    expect(await rowsOf('message_tombstones', thread.id)).toEqual([{ id: message.id, position: 1 }]);
  });

  it('are modified or gone when a modify meets a delete', async () => {
    const thread = await aThread(app.a);

    for (let round = 0; round < 10; round++) {
      const message = await aMessage(app.a, thread.id);
      const path = `/v1/threads/${thread.id}/messages/${message.id}`;
      const [deleted, ...modified] = await Promise.all([
        app.a.delete(path),
        ...Array.from({ length: 4 }, (_, i) => app.a.post(path, { metadata: { [`key${i}`]: '' } })),
      ]);

      expect(deleted.status).toBe(200);
      expect(unexpected(modified, noMessage(message.id))).toEqual([]);
    }
  });

  it('are added or refused when appends meet the delete of their thread, and leave no rows behind', async () => {
    for (let round = 0; round < 10; round++) {
      const thread = await aThread(app.a, { messages: [{ role: 'user', content: 'First' }] });
      const path = `/v1/threads/${thread.id}`;
      const append = () => app.a.post(`${path}/messages`, { role: 'user', content: 'Hello' });
      const [deleted, ...appended] = await Promise.all([
        times(round, () => aMessage(app.a, thread.id)).then(() => app.a.delete(path)),
        ...Array.from({ length: 10 }, append),
      ]);

      expect(deleted.status).toBe(200);
      expect(unexpected(appended, noThread(thread.id))).toEqual([]);
      expect(await rowsOf('messages', thread.id)).toEqual([]);
      expect(await rowsOf('message_tombstones', thread.id)).toEqual([]);
    }
  });

  it('are deleted or gone when their deletes and changes meet the delete of their thread', async () => {
    for (let round = 0; round < 10; round++) {
      const messages = Array.from({ length: 8 }, () => ({ role: 'user', content: 'Hello' }));
      const thread = await aThread(app.a, { messages });
      const path = `/v1/threads/${thread.id}`;
      const ids = (await listOf(thread.id)).map(({ id }) => id);
      const requests = ids.flatMap((id) => [
        () => app.a.delete(`${path}/messages/${id}`),
        () => app.a.post(`${path}/messages/${id}`, { metadata: { a: '1' } }),
      ]);
      const deleteThread = () => app.a.delete(path);
      const answers = await Promise.all(requests.toSpliced(round, 0, deleteThread).map((send) => send()));
      const [deleted] = answers.splice(round, 1);

      expect(deleted?.status).toBe(200);
      expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 404)).toEqual([]);
      expect(await rowsOf('messages', thread.id)).toEqual([]);
      expect(await rowsOf('message_tombstones', thread.id)).toEqual([]);
    }
  });

  it(
    'are deleted in peace while the delete of their thread waits: the two never deadlock',
    async () => {
      const thread = await aThread(app.a);
      const message = await aMessage(app.a, thread.id);
      const path = `/v1/threads/${thread.id}`;

      // Of another server: in one, the two wait for their turns.
      const installation = await Installation.make();
      const { url } = await installation.start({ DATABASE_URL: app.database.url, MIGRATE: 'off', API_KEY });

      // Holds both deletes in the midst of their work, in the order in which they could lock each other out.
      await app.database.query('BEGIN');
      await app.database.query('SELECT FROM messages WHERE id = $1 FOR UPDATE', [message.id]);
      const deletes = [app.a.delete(`${path}/messages/${message.id}`)];
      await untilBlocked(1);
      deletes.push(new Client(url, API_KEY).delete(path));
      await untilBlocked(2);
      await app.database.query('COMMIT');

      expect((await Promise.all(deletes)).map(({ status, body }) => ({ status, body }))).toEqual([
        { status: 200, body: { id: message.id, object: 'thread.message.deleted', deleted: true } },
        { status: 200, body: { id: thread.id, object: 'thread.deleted', deleted: true } },
      ]);
      await installation.remove();
    },
    STARTS_TIMEOUT_MS,
  );
});
