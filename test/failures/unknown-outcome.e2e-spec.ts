import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI, { APIError } from 'openai';
import {
  type AppBehindProxy,
  refusalOf,
  safeRefusal,
  startAppBehindProxy,
  unknownOutcome,
} from '../support/app-behind-proxy.js';
import { aMessage, aThread, noThread } from '../support/build.js';
import type { Answer } from '../support/client.js';
import { until } from '../support/process.js';

// Broken by taking OutcomeUnknownError out of prisma/adapter.ts: all are answered as if they were safe to repeat.
describe('a write that PostgreSQL got and whose answer was lost', () => {
  let app: AppBehindProxy;

  beforeEach(async () => {
    app = await startAppBehindProxy();
  });

  afterEach(() => app.close());

  /** Sends a request, lets PostgreSQL carry out the statement with this text in it, and cuts the connection. */
  async function lost(text: string, send: () => Promise<Answer>, isStored: () => Promise<boolean>): Promise<Answer> {
    app.proxy.holdAnswersTo(text);
    const answer = send();
    await until(isStored);
    app.proxy.reset();
    return answer;
  }

  const countOf = async (table: string): Promise<number> =>
    Number((await app.database.query<{ count: string }>(`SELECT count(*) FROM ${table}`))[0]!.count);

  it('is refused as unknown, and was stored: a new thread', async () => {
    const answer = await lost(
      'lost on the way',
      () => app.client.post('/v1/threads', { messages: [{ role: 'user', content: 'lost on the way' }] }),
      async () => (await countOf('messages')) === 1,
    );

    expect(refusalOf(answer)).toEqual(unknownOutcome('false'));
    expect((await app.client.get('/v1/threads')).body.data).toHaveLength(1);
  });

  it('is refused as unknown, and was stored: a message', async () => {
    const { id } = await aThread(app.client);
    const answer = await lost(
      'lost on the way',
      () => app.client.post(`/v1/threads/${id}/messages`, { role: 'user', content: 'lost on the way' }),
      async () => (await countOf('messages')) === 1,
    );

    expect(refusalOf(answer)).toEqual(unknownOutcome('false'));
    expect((await app.client.get(`/v1/threads/${id}/messages`)).body.data).toHaveLength(1);
  });

  it('is refused as unknown, and was stored: a change', async () => {
    const { id } = await aThread(app.client);
    const answer = await lost(
      'lost on the way',
      () => app.client.patch(`/v1/threads/${id}`, { metadata: { user: 'lost on the way' } }),
      async () => (await app.database.query(`SELECT FROM threads WHERE metadata ? 'user'`)).length === 1,
    );

    expect(refusalOf(answer)).toEqual(unknownOutcome('false'));
    expect((await app.client.get(`/v1/threads/${id}`)).body.metadata).toEqual({ user: 'lost on the way' });
  });

  it('is refused as unknown, and was stored: a deletion', async () => {
    const { id } = await aThread(app.client);
    const answer = await lost(
      id,
      () => app.client.delete(`/v1/threads/${id}`),
      async () => (await countOf('threads')) === 0,
    );

    expect(refusalOf(answer)).toEqual(unknownOutcome('false'));
    expect((await app.client.get(`/v1/threads/${id}`)).body).toEqual(noThread(id));
  });

  // Broken by telling the SDKs not to repeat what has a key, and by a reply that is kept apart from the work.
  it('may be sent again when it carried a key: the reply that was lost is given', async () => {
    const send = (): Promise<Answer> =>
      app.client.post('/v1/threads', { metadata: { user: 'abc123' } }, { 'idempotency-key': 'one' });
    // On new connections, to which the COMMIT of a transaction is sent as text.
    app.proxy.reset();
    await until(async () => (await app.client.get('/v1/threads')).status === 200);
    const answer = await lost('COMMIT', send, async () => (await countOf('threads')) === 1);

    expect(refusalOf(answer)).toEqual(unknownOutcome(null));
    const again = await send();
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
    expect((await app.client.get('/v1/threads')).body.data).toEqual([again.body]);
  });

  it('is refused as unknown when the answer does not come in time, within 5 seconds', async () => {
    app.proxy.holdAnswersTo('lost on the way');

    const answer = await app.client.post('/v1/threads', { metadata: { user: 'lost on the way' } });

    expect(refusalOf(answer)).toEqual(unknownOutcome('false'));
    app.proxy.resume();
    expect((await app.client.get('/v1/threads')).body.data).toHaveLength(1);
  });

  it('is refused as unknown when PostgreSQL is stopped under it', async () => {
    const { id } = await aThread(app.client);
    const { id: messageId } = await aMessage(app.client, id);
    const refused = await whileLocked(id, messageId, () =>
      app.client.post(`/v1/threads/${id}/messages/${messageId}`, { metadata: { a: 'b' } }),
    );

    expect(refusalOf(refused)).toEqual(unknownOutcome('false'));
  });

  it('is sent once by the SDK, which repeats what is safe to repeat', async () => {
    const sent: string[] = [];
    const client = new OpenAI({
      baseURL: `${app.client.baseUrl}/v1`,
      apiKey: app.client.key,
      fetch: (url, init) => {
        sent.push(init?.method ?? '');
        return fetch(url, init);
      },
    });
    app.proxy.holdAnswersTo('lost on the way');
    const unknown = client.beta.threads.create({ metadata: { user: 'lost on the way' } }).catch(codeOf);
    await until(async () => (await countOf('threads')) === 1);
    app.proxy.reset();

    expect(await unknown).toBe('outcome_unknown');
    expect(sent).toEqual(['POST']);
    await app.proxy.close();
    expect(await client.beta.threads.create().catch(codeOf)).toBe('service_unavailable');
    expect(sent).toEqual(['POST', 'POST', 'POST', 'POST']);
  });

  it('is told apart from a read, which is safe to repeat', async () => {
    const { id } = await aThread(app.client);
    app.proxy.holdAnswersTo(id);

    const answer = await app.client.get(`/v1/threads/${id}`);

    expect(refusalOf(answer)).toEqual(safeRefusal());
  });

  it('is told apart from a read that would have noted when its key was used', async () => {
    app.proxy.holdAnswersTo('UPDATE');

    expect(refusalOf(await app.client.get('/v1/threads'))).toEqual(safeRefusal());
  });

  /** Ends every connection of the server while a request waits for a row. */
  async function whileLocked(threadId: string, id: string, send: () => Promise<Answer>): Promise<Answer> {
    const locks = 'SELECT FROM messages WHERE thread_id = $1 AND id = $2 FOR UPDATE';
    const release = await app.database.hold(locks, [threadId, id]);
    const answer = send();
    const ours = `application_name = 'threadstore' AND datname = current_database()`;
    await until(
      async () =>
        (await app.database.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND ${ours}`)).length >
        0,
    );
    await app.database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${ours}`);
    await answer;
    await release();
    return answer;
  }
});

const codeOf = (error: unknown): unknown => (error instanceof APIError ? error.code : error);
