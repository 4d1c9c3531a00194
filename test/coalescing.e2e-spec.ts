import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, type TestApp } from './support/app.js';
import { aMessage, aThread, noThread, ok } from './support/build.js';
import type { Answer, Client } from './support/client.js';

const times = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const threadOf = (client: Client, id: string): Promise<Answer> => client.get(`/v1/threads/${id}`);
const append = (client: Client, threadId: string, content: string): Promise<Answer> =>
  client.post(`/v1/threads/${threadId}/messages`, { role: 'user', content });

const resultOf = (isOwn: boolean, thread: Answer['body']): unknown[] =>
  isOwn ? [200, thread] : [404, noThread(thread.id)];

/** Makes threads, and says what to ask for in lists of them, and what the answer holds. */
async function somePages(client: Client): Promise<(readonly [Client, string, Answer['body'][]])[]> {
  await Promise.all(times(12, (i) => aThread(client, { metadata: { number: String(i) } })));
  const newest = ok(await client.get('/v1/threads')).data;
  return newest.flatMap((thread: Answer['body'], i: number) => [
    [client, `limit=${i + 1}`, newest.slice(0, i + 1)],
    [client, `limit=${i + 1}&order=asc`, newest.toReversed().slice(0, i + 1)],
    [client, `limit=3&after=${thread.id}`, newest.slice(i + 1, i + 4)],
    [client, `limit=3&before=${thread.id}`, newest.slice(Math.max(0, i - 3), i)],
    [client, `metadata[number]=${thread.metadata.number}`, [thread]],
    [client, `metadata[number]=${thread.metadata.number}&order=asc`, [thread]],
  ]);
}

/** For all requests to arrive while PostgreSQL is held. */
const ARRIVAL_MS = 600;

const LOCK_THREADS = 'SELECT FROM threads FOR UPDATE';

/** More than who waits for a turn is kept, and less than PostgreSQL works on a statement. */
const TOO_LONG_MS = 2_200;

describe('requests that meet', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await startApp();
  });

  afterEach(() => app.close());

  /** The statements that waited in the last meeting. */
  let heldUp: object[];

  /** Holds PostgreSQL until all of the requests are there: all but the first few have to share statements. */
  async function meeting<T>(
    send: () => readonly Promise<T>[],
    lock = 'LOCK TABLE threads, messages',
    ms = ARRIVAL_MS,
  ): Promise<T[]> {
    await app.database.query('BEGIN');
    await app.database.query(lock);
    const sent = Promise.all(send());
    await setTimeout(ms);
    heldUp = await app.database.query(
      `SELECT state FROM pg_stat_activity
       WHERE datname = current_database() AND application_name = 'threadstore' AND wait_event_type = 'Lock'`,
    );
    await app.database.query('COMMIT');
    return sent;
  }

  /** Has PostgreSQL call `body`, PL/pgSQL, on what a statement does to a table. */
  async function watch(table: string, when: string, body: string): Promise<void> {
    const name = `watch_${table}`;
    await app.database.query(
      `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN ${body} RETURN NULL; END $$`,
    );
    await app.database.query(`CREATE ${when.replace('TABLE', table)} EXECUTE FUNCTION ${name}()`);
  }

  /** The numbers of rows that the statements inserted into a table. */
  async function watchSizes(table: string): Promise<() => Promise<number[]>> {
    await app.database.query('CREATE TABLE sizes (size int)');
    await watch(
      table,
      'TRIGGER watch AFTER INSERT ON TABLE REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT',
      'INSERT INTO public.sizes SELECT count(*) FROM new_rows;',
    );
    return async () => (await app.database.query<{ size: number }>('SELECT size FROM sizes')).map(({ size }) => size);
  }

  // Breaks: a larger MAX_ROWS; or no coalescing at all.
  it('share statements, of at most 64 rows', async () => {
    const sizes = await watchSizes('threads');

    const created = await meeting(() => times(200, () => aThread(app.a)));

    const seen = await sizes();
    expect(seen.reduce((sum, size) => sum + size, 0)).toBe(created.length);
    expect(seen.length).toBeLessThan(created.length / 2);
    expect(Math.max(...seen)).toBeLessThanOrEqual(64);
  });

  // Breaks: a larger MAX_UNDER_WAY.
  it('have at most three statements under way, and leave the other connections to others', async () => {
    await meeting(() => times(200, () => aThread(app.a)));

    expect(heldUp).toEqual(times(3, () => ({ state: 'active' })));
  });

  // Breaks: a larger MAX_PATIENT.
  it('wait for what is locked in at most three connections', async () => {
    const threads = await Promise.all(times(20, () => aThread(app.a)));

    const answers = await meeting(() => threads.map(({ id }) => append(app.a, id, 'text')), LOCK_THREADS);

    expect(heldUp).toEqual(times(3, () => ({ state: 'active' })));
    expect(answers.map(({ status }) => status)).toEqual(threads.map(() => 200));
  });

  // Breaks: to count those that wait for locks by kind.
  it('of all kinds wait for what is locked in at most three connections', async () => {
    const threads = await Promise.all(times(8, () => aThread(app.a)));
    const messages = await Promise.all(threads.map(({ id }) => aMessage(app.a, id)));
    const doomed = await Promise.all(threads.map(({ id }) => aMessage(app.a, id)));

    const answers = await meeting(
      () =>
        threads.flatMap(({ id }, i) => [
          append(app.a, id, 'text'),
          app.a.post(`/v1/threads/${id}`, { metadata: { a: 'b' } }),
          app.a.post(`/v1/threads/${id}/messages/${messages[i]!.id}`, { metadata: { a: 'b' } }),
          app.a.delete(`/v1/threads/${id}/messages/${doomed[i]!.id}`),
        ]),
      LOCK_THREADS,
    );

    expect(heldUp).toEqual(times(3, () => ({ state: 'active' })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  // Breaks: what takes long and shares no statement without a limit.
  it.each([
    ['filters by several pairs', (client: Client) => client.get('/v1/threads?metadata[a]=b&metadata[c]=d')],
    [
      'large threads',
      (client: Client) =>
        client.post('/v1/threads', { messages: times(6, () => ({ role: 'user', content: 'x'.repeat(200_000) })) }),
    ],
  ])('that are %s take at most three connections', async (_, send) => {
    const answers = await meeting(() => times(9, () => send(app.a)), 'LOCK TABLE threads, thread_pairs');

    expect(heldUp).toEqual(times(3, () => ({ state: 'active' })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  // Breaks: to keep waiting who has waited too long.
  it('are refused when their turn does not come in time, and nothing of them is stored', async () => {
    const answers = await meeting(() => times(300, () => app.a.post('/v1/threads', {})), undefined, TOO_LONG_MS);

    const refused = answers.filter(({ status }) => status !== 200);
    expect(refused.length).toBeGreaterThanOrEqual(300 - 3 * 64);
    expect(refused.map(({ status, body }) => [status, body])).toEqual(
      refused.map(() => [
        503,
        {
          error: {
            message:
              'The server is temporarily unable to answer: All connections to the database are in use. ' +
              'Please try again shortly.',
            type: 'server_error',
            param: null,
            code: 'service_unavailable',
          },
        },
      ]),
    );
    const stored = await app.database.query<{ id: string }>('SELECT id FROM threads');
    const acknowledged = answers.filter(({ status }) => status === 200).map(({ body }) => body.id);
    expect(new Set(stored.map(({ id }) => id))).toEqual(new Set(acknowledged));
  });

  // Breaks: a statement that says of what is not there, or of what is not to be done, no more than of what is locked.
  it('are refused at once, however many wait for what is locked', async () => {
    const threads = await Promise.all(times(4, () => aThread(app.a)));
    const [own, full, other, another] = await Promise.all(times(4, () => aThread(app.b)));
    const { id } = await aMessage(app.b, own.id);
    const pairs = (from: number): object => Object.fromEntries(times(16, (i) => [`key ${from + i}`, 'value']));
    ok(await app.b.post(`/v1/threads/${full.id}`, { metadata: pairs(0) }));
    const release = await app.database.hold('SELECT FROM threads WHERE id = ANY($1) FOR UPDATE', [
      threads.map((thread) => thread.id),
    ]);
    const waiting = threads.map((thread) => append(app.a, thread.id, 'text'));
    await setTimeout(ARRIVAL_MS);

    const none = 'thread_000000000000000000000000';
    const stale = { 'if-match': '"7"' };
    const answers = await Promise.all([
      append(app.b, none, 'text'),
      app.b.post(`/v1/threads/${none}`, { metadata: {} }),
      app.b.delete(`/v1/threads/${none}`),
      app.b.post(`/v1/threads/${own.id}/messages/msg_000000000000000000000000`, { metadata: {} }),
      app.b.post(`/v1/threads/${none}/messages/${id}`, { metadata: {} }),
      app.b.delete(`/v1/threads/${none}/messages/${id}`),
      app.b.post(`/v1/threads/${full.id}`, { metadata: pairs(1) }),
      app.b.post(`/v1/threads/${other.id}`, { metadata: {} }, stale),
      app.b.delete(`/v1/threads/${another.id}`, stale),
    ]);
    await release();

    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404, 400, 412, 412]);
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(threads.map(() => 200));
  });

  // Breaks: to forget which keys are under way.
  it('wait for one thread in one connection', async () => {
    const thread = await aThread(app.a);

    const answers = await meeting(() => times(100, (i) => append(app.a, thread.id, `text ${i}`)), LOCK_THREADS);

    expect(heldUp).toEqual([{ state: 'active' }]);
    expect(answers.map(({ status }) => status)).toEqual(times(100, () => 200));
  });

  // Breaks: no coalescing of appends.
  it('for one thread share statements too', async () => {
    const sizes = await watchSizes('messages');
    const thread = await aThread(app.a);

    await meeting(() => times(100, (i) => append(app.a, thread.id, `text ${i}`)));

    expect((await sizes()).length).toBeLessThanOrEqual(10);
  });

  // Breaks: no bound by characters in nextBatch().
  it('share no statement when they are large', async () => {
    const sizes = await watchSizes('messages');
    const thread = await aThread(app.a);

    const texts = times(16, (i) => String.fromCharCode(65 + i).repeat(250_000));
    const appended = await meeting(() => texts.map((text) => append(app.a, thread.id, text)));

    expect(appended.map((answer) => ok(answer).content[0].text.value)).toEqual(texts);
    expect(Math.max(...(await sizes()))).toBeLessThanOrEqual(4);
  });

  // Breaks: large ones that take all statements that may be under way, or that others join.
  it('do not wait for those that are large', async () => {
    await watch(
      'messages',
      'TRIGGER watch AFTER INSERT ON TABLE FOR EACH ROW',
      'IF length(NEW.content::text) > 300000 THEN PERFORM pg_advisory_xact_lock(1); END IF;',
    );
    const threads = await Promise.all(times(9, () => aThread(app.a)));
    const release = await app.database.hold('SELECT pg_advisory_xact_lock(1)');
    const content = times(2, (i) => ({ type: 'text', text: String(i).repeat(200_000) }));
    const large = threads.slice(1).map(({ id }) => app.a.post(`/v1/threads/${id}/messages`, { role: 'user', content }));
    await setTimeout(ARRIVAL_MS);

    const small = await Promise.all(times(20, (i) => append(app.a, threads[0]!.id, `text ${i}`)));
    await release();

    expect(small.map(({ status }) => status)).toEqual(small.map(() => 200));
    expect((await Promise.all(large)).map(({ status }) => status)).toEqual(large.map(() => 200));
  });

  // Breaks: to refuse the whole batch when its statement fails.
  it('are answered one by one when one of them cannot be done', async () => {
    await watch(
      'messages',
      'TRIGGER watch AFTER INSERT ON TABLE FOR EACH ROW',
      "IF NEW.content::text LIKE '%poison%' THEN RAISE 'not this one'; END IF;",
    );
    const thread = await aThread(app.a);

    const texts = times(40, (i) => (i === 17 ? 'poison' : `text ${i}`));
    const answers = await meeting(() => texts.map((text) => append(app.a, thread.id, text)));

    expect(answers.map(({ status }) => status)).toEqual(texts.map((text) => (text === 'poison' ? 500 : 200)));
    const page = ok(await app.a.get(`/v1/threads/${thread.id}/messages?limit=100`));
    const stored = page.data.map((message: Answer['body']) => message.content[0].text.value);
    expect(stored.toSorted()).toEqual(texts.filter((text) => text !== 'poison').toSorted());
  });

  // Breaks: to answer when the statement has been sent, or has run, and not when it is committed.
  it('are answered after the commit', async () => {
    await watch(
      'threads',
      'CONSTRAINT TRIGGER watch AFTER INSERT ON TABLE DEFERRABLE INITIALLY DEFERRED FOR EACH ROW',
      "IF NEW.metadata ? 'fails at commit' THEN RAISE 'not this one'; END IF;",
    );

    const metadata = times(40, (i): object => (i % 8 === 3 ? { 'fails at commit': 'yes' } : { number: String(i) }));
    const answers = await meeting(() => metadata.map((each) => app.a.post('/v1/threads', { metadata: each })));

    expect(answers.map(({ status }) => status)).toEqual(metadata.map((each) => ('number' in each ? 200 : 500)));
    const stored = await app.database.query<{ id: string }>('SELECT id FROM threads');
    const acknowledged = answers.filter(({ status }) => status === 200).map(({ body }) => body.id);
    expect(new Set(stored.map(({ id }) => id))).toEqual(new Set(acknowledged));
  });

  // Breaks: to lock without SKIP LOCKED.
  it('do not wait for a thread that only one of them needs', async () => {
    const [held, ...free] = await Promise.all(times(20, () => aThread(app.a)));
    await app.database.query('BEGIN');
    await app.database.query('SELECT FROM threads WHERE id = $1 FOR UPDATE', [held.id]);
    const order: string[] = [];
    const noted = async (name: string, answer: Promise<Answer>): Promise<void> => {
      ok(await answer);
      order.push(name);
    };
    const waiting = [
      noted('held', append(app.a, held.id, 'Hello')),
      noted('held', app.a.post(`/v1/threads/${held.id}`, { metadata: { a: 'b' } })),
    ];

    await Promise.all(
      free.flatMap(({ id }) => [
        noted('free', append(app.a, id, 'Hello')),
        noted('free', app.a.post(`/v1/threads/${id}`, { metadata: { a: 'b' } })),
      ]),
    );
    await app.database.query('COMMIT');
    await Promise.all(waiting);

    expect(order).toEqual([...free.flatMap(() => ['free', 'free']), 'held', 'held']);
  });

  // Breaks: a change of a message that leaves its thread to be locked by a delete.
  it('do not wait for a message of a thread that one of them deletes', async () => {
    const [held, ...free] = await Promise.all(times(20, () => aThread(app.a)));
    const message = await aMessage(app.a, held.id);
    await watch('messages', 'TRIGGER watch AFTER UPDATE ON TABLE FOR EACH ROW', 'PERFORM pg_advisory_xact_lock(1);');
    const release = await app.database.hold('SELECT pg_advisory_xact_lock(1)');
    const order: string[] = [];
    const noted = async (name: string, answer: Promise<Answer>): Promise<void> => {
      ok(await answer);
      order.push(name);
    };
    const changing = noted(
      'held',
      app.a.post(`/v1/threads/${held.id}/messages/${message.id}`, { metadata: { a: 'b' } }),
    );
    await setTimeout(ARRIVAL_MS);

    const deleting = noted('held', app.a.delete(`/v1/threads/${held.id}`));
    await Promise.all(free.map(({ id }) => noted('free', app.a.delete(`/v1/threads/${id}`))));
    await release();
    await Promise.all([changing, deleting]);

    expect(order).toEqual([...free.map(() => 'free'), 'held', 'held']);
  });

  // Breaks: to leave the number of messages out of what a batch of deletes takes.
  it('are not held up by the delete of a thread of many messages, which is done too', async () => {
    const threads = await Promise.all(times(10, () => aThread(app.a)));
    const many = threads[4]!;
    await app.database.query(
      `INSERT INTO messages (project_id, thread_id, id, position, created_at, role, content, attachments, metadata)
       SELECT project_id, id, 'msg_' || i, i, now(), 'user', '[]', '[]', '{}'
       FROM threads, generate_series(1, 1500) AS i WHERE id = $1`,
      [many.id],
    );
    await app.database.query('UPDATE threads SET last_position = 1500 WHERE id = $1', [many.id]);

    const answers = await meeting(() => threads.map(({ id }) => app.a.delete(`/v1/threads/${id}`)));

    expect(answers.map(ok)).toEqual(threads.map(({ id }) => ({ id, object: 'thread.deleted', deleted: true })));
    expect(await app.database.query('SELECT FROM threads')).toEqual([]);
    expect(await app.database.query('SELECT FROM messages')).toEqual([]);
  });

  // Breaks: to find the row of an item by its id alone, or results that are out of order.
  it('of two tenants see and change what is their own', async () => {
    const [own, foreign] = await Promise.all([
      Promise.all(times(30, (i) => aThread(app.a, { metadata: { owner: 'a', number: String(i) } }))),
      Promise.all(times(30, (i) => aThread(app.b, { metadata: { owner: 'b', number: String(i) } }))),
    ]);
    const both = own.flatMap((thread, i) => [thread, foreign[i]!]);
    for (const read of [
      threadOf,
      (client: Client, id: string) => client.post(`/v1/threads/${id}`, { metadata: {} }),
      (client: Client, id: string) => client.patch(`/v1/threads/${id}`, {}),
    ]) {
      const asked = both.flatMap((thread) => [app.a, app.b].map((client) => ({ client, thread })));
      const answers = await meeting(() => asked.map(({ client, thread }) => read(client, thread.id)));
      expect(answers.map(({ status, body }) => [status, body])).toEqual(
        asked.map(({ client, thread }) => resultOf((client === app.a) === (thread.metadata.owner === 'a'), thread)),
      );
    }

    const appended = await meeting(() => both.map(({ id }) => append(app.a, id, `for ${id}`)));
    expect(appended.map(({ status, body }) => (status === 200 ? body.thread_id : body))).toEqual(
      both.map(({ id, metadata }) => (metadata.owner === 'a' ? id : noThread(id))),
    );
    const deleted = await meeting(() => both.map(({ id }) => app.b.delete(`/v1/threads/${id}`)));
    expect(deleted.map(({ status }) => status)).toEqual(
      both.map(({ metadata }) => (metadata.owner === 'b' ? 200 : 404)),
    );
    expect(await Promise.all(own.map(({ id }) => threadOf(app.a, id)).map(async (answer) => ok(await answer)))).toEqual(
      own,
    );
  });

  // Breaks: no coalescing of lists.
  it.each(['', '?order=asc', '?metadata[a]=b', '?metadata[a]=b&order=asc'])(
    'list threads%s together',
    async (query) => {
      const pages = await meeting(() => times(100, () => app.a.get(`/v1/threads${query}`)));

      expect(heldUp).toEqual(times(3, () => ({ state: 'active' })));
      expect(pages.map((page) => ok(page).data)).toEqual(times(100, () => []));
    },
  );

  // Breaks: to find the list of an item without its project, one length for all pages, or pages that are out of order.
  it('get the pages of threads that each asked for', async () => {
    const [own, foreign] = await Promise.all([app.a, app.b].map(somePages));
    const asked = own!.flatMap((each, i) => [each, foreign![i]!]);

    const pages = await meeting(() => asked.map(([client, query]) => client.get(`/v1/threads?${query}`)));

    expect(pages.map((page) => ok(page).data)).toEqual(asked.map(([, , threads]) => threads));
  });

  // Breaks: to find a cursor without its project or thread, or a page of a thread that is not there.
  it('get the messages after one of their own', async () => {
    const threads = await Promise.all(
      [app.a, app.b].flatMap((owner) =>
        times(6, async () => {
          const { id } = await aThread(owner);
          const [first, ...rest] = [await aMessage(owner, id), await aMessage(owner, id), await aMessage(owner, id)];
          return { owner, id, first, rest };
        }),
      ),
    );
    const asked = threads.flatMap((thread) =>
      [app.a, app.b].flatMap((client) => [
        { ...thread, client, query: `?order=asc&after=${thread.first.id}` },
        { ...thread, client, query: `?order=asc&limit=2`, rest: [thread.first, thread.rest[0]] },
      ]),
    );

    const pages = await meeting(() =>
      asked.map(({ client, id, query }) => client.get(`/v1/threads/${id}/messages${query}`)),
    );

    expect(pages.map(({ status, body }) => (status === 200 ? body.data : body))).toEqual(
      asked.map(({ client, owner, id, rest }) => (client === owner ? rest : noThread(id))),
    );
  });

  // Breaks: a page that is left out of a shared statement for its size, and not read by itself.
  it('get pages of any size', async () => {
    const threads = await Promise.all(times(6, () => aThread(app.a)));
    const text = 'x'.repeat(250_000);
    await Promise.all(times(8, () => aMessage(app.a, threads[2]!.id, { content: text })));

    const pages = await meeting(() => threads.map(({ id }) => app.a.get(`/v1/threads/${id}/messages?limit=10`)));

    expect(pages.map((page) => ok(page).data.length)).toEqual([0, 0, 8, 0, 0, 0]);
  });

  // Breaks: as above, for lists of threads.
  it('get lists of any size', async () => {
    const large = Object.fromEntries(times(15, (i) => [`key ${i}`, '🙂'.repeat(512)]));
    const made = await Promise.all(
      times(60, (i) => aThread(app.a, { metadata: { ...large, size: i % 2 ? 'odd' : 'even' } })),
    );
    const newest = await app.database.query<{ id: string }>('SELECT id FROM threads ORDER BY created_at DESC, id DESC');
    const stored = newest.map(({ id }) => made.find((thread) => thread.id === id));
    const sizes = times(20, (i) => (i % 2 ? 'odd' : 'even'));

    const lists = await meeting(() => sizes.map((size) => app.a.get(`/v1/threads?limit=100&metadata[size]=${size}`)));

    expect(lists.map((list) => ok(list).data)).toEqual(
      sizes.map((size) => stored.filter(({ metadata }) => metadata.size === size)),
    );
  });
});
