import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startApp, startServerOn, type TestApp, type TestServer } from '../support/app.js';
import { aThread, ok, refusal } from '../support/build.js';
import { type Answer, Client } from '../support/client.js';
import { until } from '../support/process.js';

const inUse = refusal(
  "A request with the same 'Idempotency-Key' is still being carried out. Please try again shortly.",
  'Idempotency-Key',
  'idempotency_key_in_use',
);

const KEY = { 'idempotency-key': 'one' };

describe('requests with the same Idempotency-Key at the same time', () => {
  let app: TestApp;
  let other: TestServer;

  beforeEach(async () => {
    app = await startApp();
    other = await startServerOn(app.database);
  });

  afterEach(async () => {
    await other.close();
    await app.close();
  });

  const countOf = async (table: string): Promise<number> =>
    Number((await app.database.query<{ count: string }>(`SELECT count(*) FROM ${table}`))[0]!.count);

  // Broken by taking the lock out of the claim and letting `keep` overwrite: more than one thread is made.
  it('make one thread, of 100 on two servers', async () => {
    const clients = [app.a, new Client(other.url, app.a.key)];
    const body = { metadata: { user: 'abc123' }, messages: [{ role: 'user', content: 'Hi' }] };

    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) => clients[i % 2]!.post('/v1/threads', body, KEY)),
    );

    const made = answers.filter(({ status }) => status === 200);
    const refused = answers.filter(({ status }) => status !== 200);
    expect([await countOf('threads'), await countOf('messages'), await countOf('idempotency_keys')]).toEqual([1, 1, 1]);
    expect(made.filter(({ headers }) => headers.get('idempotent-replayed') === null)).toHaveLength(1);
    expect(new Set(made.map((answer) => answer.body.id)).size).toBe(1);
    expect(refused.map(({ status, body: said }) => [status, said])).toEqual(refused.map(() => [409, inUse]));
  });

  // Broken by an INSERT of the key before the work: the second request would wait for the end of the first.
  it('are refused at once while one is under way, and may be sent again', async () => {
    const { id } = await aThread(app.a);
    const release = await app.database.hold('SELECT FROM threads WHERE id = $1 FOR UPDATE', [id]);
    const send = (): Promise<Answer> => app.a.post(`/v1/threads/${id}/messages`, { role: 'user', content: 'Hi' }, KEY);
    const first = send();
    await until(async () => (await app.database.query(WAITING)).length === 1);

    const second = await send();
    await release();

    expect([second.status, second.body]).toEqual([409, inUse]);
    expect([second.headers.get('retry-after'), second.headers.get('x-should-retry')]).toEqual(['1', 'true']);
    const message = ok(await first);
    expect(ok(await send())).toEqual(message);
    expect(await countOf('messages')).toBe(1);
  });

  // Broken by turns that are not taken by thread: those of the thread would hold the turns of all.
  it('do not hold up those with other keys, or of other projects, in any number for one thread', async () => {
    const { id } = await aThread(app.a);
    const release = await app.database.hold('SELECT FROM threads WHERE id = $1 FOR UPDATE', [id]);
    const held = Array.from({ length: POOL }, (_, i) => append(id, `held-${i}`));
    await until(async () => (await app.database.query(WAITING)).length > 0);

    expect((await app.b.post('/v1/threads', {}, KEY)).status).toBe(200);
    expect((await app.a.post('/v1/threads', {}, KEY)).status).toBe(200);
    await release();

    expect(statusesOf(await Promise.all(held))).toEqual(held.map(() => 200));
  });

  // Broken by no bound: they would hold every connection of the server.
  it('do not hold up those without a key, in any number for any threads', async () => {
    const threads = await Promise.all(Array.from({ length: POOL }, () => aThread(app.a)));
    const ids = threads.map(({ id }) => id);
    const release = await app.database.hold('SELECT FROM threads WHERE id = ANY($1) FOR UPDATE', [ids]);
    const held = ids.map((id) => append(id, `held-${id}`));
    await until(async () => (await app.database.query(WAITING)).length === POOL / 2);

    expect((await app.a.get(`/v1/threads/${ids[0]!}`)).status).toBe(200);
    await release();

    expect(statusesOf(await Promise.all(held))).toEqual(held.map(() => 200));
  });

  // Broken by a turn that does not end: the third would wait for ever.
  it('are refused, and nothing of them stored, when they have waited too long for a turn', async () => {
    const { id } = await aThread(app.a);
    const release = await app.database.hold('SELECT FROM threads WHERE id = $1 FOR UPDATE', [id]);
    const first = append(id, 'first');
    await until(async () => (await app.database.query(WAITING)).length === 1);

    const second = await append(id, 'second');
    await release();

    expect([second.status, second.body]).toEqual([
      503,
      {
        error: {
          message:
            "The server is temporarily unable to answer: Other requests with an 'Idempotency-Key' came first. " +
            'Please try again shortly.',
          type: 'server_error',
          param: null,
          code: 'service_unavailable',
        },
      },
    ]);
    expect(second.headers.get('retry-after')).toBe('1');
    ok(await first);
    ok(await append(id, 'third'));
    expect(await countOf('messages')).toBe(2);
  });

  it('append to one thread, one after the other, when their keys differ', async () => {
    const { id } = await aThread(app.a);

    const answers = await Promise.all(Array.from({ length: 3 * POOL }, (_, i) => append(id, `key-${i}`)));

    expect(statusesOf(answers)).toEqual(answers.map(() => 200));
    expect(await countOf('messages')).toBe(3 * POOL);
  });

  const append = (threadId: string, key: string): Promise<Answer> =>
    app.a.post(`/v1/threads/${threadId}/messages`, { role: 'user', content: key }, { 'idempotency-key': key });
});

/** Connections of a server, by default. */
const POOL = 10;

const statusesOf = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);

const WAITING = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
