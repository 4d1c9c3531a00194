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

  it('do not hold up those with other keys, or of other projects', async () => {
    const { id } = await aThread(app.a);
    const release = await app.database.hold('SELECT FROM threads WHERE id = $1 FOR UPDATE', [id]);
    const first = app.a.post(`/v1/threads/${id}/messages`, { role: 'user', content: 'Hi' }, KEY);
    await until(async () => (await app.database.query(WAITING)).length === 1);

    expect((await app.b.post('/v1/threads', {}, KEY)).status).toBe(200);
    expect((await app.a.post('/v1/threads', {}, { 'idempotency-key': 'two' })).status).toBe(200);
    await release();
    ok(await first);
  });

  it('append in any number to one thread when their keys differ', async () => {
    const { id } = await aThread(app.a);
    const append = (i: number): Promise<Answer> => {
      const body = { role: 'user', content: `message ${i}` };
      return app.a.post(`/v1/threads/${id}/messages`, body, { 'idempotency-key': `key-${i}` });
    };

    const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => append(i)));

    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(await countOf('messages')).toBe(64);
  });
});

const WAITING = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
